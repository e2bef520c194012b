// An event that names nobody. PostHog responds 200 and drops it.
function handler(webhook) {
  webhook.payload = { api_key: "phc_0123456789", event: webhook.eventType, properties: { amount: 1 } };
  return webhook;
}
