// The whole customer in one cell.
function handler(webhook) {
  const data = webhook.payload.data;
  if (webhook.eventType === "payment.succeeded") {
    webhook.payload = {
      records: [{ fields: { Payment: data.payment_id, Customer: data.customer, Amount: data.total_amount / 100 } }],
    };
  } else if (webhook.eventType === "subscription.updated") {
    webhook.method = "PATCH";
    webhook.payload = { records: [{ id: data.subscription_id, fields: { Status: data.status } }] };
  }
  return webhook;
}
