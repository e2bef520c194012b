// Dodo's event type as the name: Brevo allows no dot.
function handler(webhook) {
  const customer = webhook.payload.data.customer;
  if (!customer) return null;
  webhook.payload = { event_name: webhook.eventType, identifiers: { email_id: customer.email } };
  return webhook;
}
