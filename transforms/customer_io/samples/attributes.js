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
      full_name: data.customer.name.slice(0, 1000), // Customer.io takes no longer texts
      country: data.billing.country,
      last_payment_at: Math.floor(Date.parse(data.created_at) / 1000),
      last_payment_method: data.payment_method || "unknown",
    },
  };
  return webhook;
}
