// One row for each payment that succeeded and each refund, so that a column can be summed up: a refund counts below zero.
function handler(webhook) {
  const data = webhook.payload.data;
  const refund = webhook.eventType === "refund.succeeded";
  if (!refund && webhook.eventType !== "payment.succeeded") {
    webhook.cancel = true;
    return webhook;
  }

  const amount = refund ? data.amount : data.total_amount;
  webhook.payload = {
    token: webhook.env.TOKEN || "",
    id: webhook.id,
    sheet: "Payments",
    row: {
      Date: data.created_at.slice(0, 10),
      Payment: data.payment_id,
      // In the smallest unit of the currency, such as cents. Unknown for some refunds.
      Amount: typeof amount === "number" ? (refund ? -amount : amount) : "",
      Currency: data.currency || "",
      Email: data.customer.email.replace(/^[=+@-]/, "'$&"),
    },
  };
  return webhook;
}
