// Sends what a small system needs to know about an event, and nothing else.
function handler(webhook) {
  const { type, timestamp, data } = webhook.payload;
  const customer = data.customer || {};

  webhook.payload = {
    event: type,
    happened_at: timestamp,
    id: data.payment_id || data.subscription_id || data.refund_id || data.payout_id || data.id || null,
    customer_id: customer.customer_id || data.customer_id || null,
    email: customer.email || null,
  };
  return webhook;
}
