// The name of what happened stands where Customer.io wants its own word.
function handler(webhook) {
  const data = webhook.payload.data;
  if (webhook.eventType === "payment.succeeded") {
    webhook.payload = {
      type: "person",
      identifiers: { id: data.customer.customer_id },
      action: "purchase",
      attributes: { total: (data.total_amount / 100).toFixed(2), currency: data.currency },
    };
  } else if (webhook.eventType === "subscription.renewed") {
    webhook.payload = {
      type: "person",
      identifiers: { id: data.customer.customer_id, email: data.customer.email },
      action: "event",
      name: "renewed",
      timestamp: Date.parse(webhook.payload.timestamp),
      attributes: { plan: data.product_id },
    };
  }
  return webhook;
}
