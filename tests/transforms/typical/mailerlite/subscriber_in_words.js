// A group by its name, and a time in ISO 8601.
function handler(webhook) {
  if (webhook.eventType !== "subscription.active") return null;
  const s = webhook.payload.data;
  webhook.payload = {
    email: s.customer.email,
    fields: { name: s.customer.name },
    groups: ["Customers"],
    subscribed_at: s.created_at,
  };
  return webhook;
}
