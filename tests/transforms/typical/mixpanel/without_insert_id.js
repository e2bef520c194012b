// An event without the id that keeps repeated attempts from counting twice.
function handler(webhook) {
  const customer = webhook.payload.data.customer;
  if (!customer) return null;
  webhook.payload = [
    {
      event: webhook.eventType,
      properties: { time: Date.parse(webhook.payload.timestamp), distinct_id: customer.customer_id },
    },
  ];
  return webhook;
}
