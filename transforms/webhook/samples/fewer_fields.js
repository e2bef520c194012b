// Sends what a small system needs to know about an event, and nothing else.
const IDS = {
  payment: "payment_id",
  refund: "refund_id",
  dispute: "dispute_id",
  subscription: "subscription_id",
  payout: "payout_id",
};

function handler(webhook) {
  const { type, timestamp, data } = webhook.payload;
  const family = type.split(".")[0];
  const customer = data.customer || {};

  webhook.payload = {
    event: type,
    happened_at: timestamp,
    id: data[IDS[family] || "id"] || null,
    customer_id: customer.customer_id || data.customer_id || null,
    email: customer.email || null,
  };
  return webhook;
}
