// Each event about a customer, with the customer as the event's user.
function handler(webhook) {
  const { data } = webhook.payload;
  if (!data.customer) return null;

  webhook.payload = {
    id: webhook.id,
    name: "dodo/" + webhook.eventType,
    data,
    user: { external_id: data.customer.customer_id, email: data.customer.email },
    ts: Date.parse(webhook.payload.timestamp),
  };
  return webhook;
}
