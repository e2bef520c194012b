// A track call for each payment.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const p = webhook.payload.data;
  webhook.payload = {
    userId: p.customer.customer_id,
    event: "Order Completed",
    properties: { order_id: p.payment_id, revenue: p.total_amount / 100, currency: p.currency },
    timestamp: webhook.payload.timestamp,
  };
  return webhook;
}
