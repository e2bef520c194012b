// Keeps the customer's profile up to date after each payment. Nothing is counted up here: the code sees one event at a
// time, so sums such as "spent in all" are for Customer.io to keep.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  webhook.payload = {
    type: "person",
    identifiers: { id: data.customer.customer_id },
    action: "identify",
    attributes: {
      email: data.customer.email,
      // Customer.io takes texts of at most 1,000 bytes; a character has up to four.
      full_name: Array.from(data.customer.name).slice(0, 250).join(""),
      country: data.billing.country,
      last_payment_at: Math.floor(Date.parse(data.created_at) / 1000),
      last_payment_method: data.payment_method || "unknown",
    },
  };
  return webhook;
}
