// No subject.
function handler(webhook) {
  if (webhook.eventType !== "subscription.cancelled") return null;
  webhook.payload = { from: "shop@example.com", to: webhook.payload.data.customer.email, html: "<p>Goodbye</p>" };
  return webhook;
}
