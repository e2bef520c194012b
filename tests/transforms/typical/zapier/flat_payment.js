// The fields of a payment side by side, so that each is a field of its own in the Zap.
function handler(webhook) {
  const { type, data } = webhook.payload;
  webhook.payload = {
    event: type,
    email: data.customer.email,
    name: data.customer.name,
    total: data.total_amount / 100,
    currency: data.currency,
  };
  return webhook;
}
