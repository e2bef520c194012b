// Subscriptions that start and end, as events of your own.
const NAMES = { "subscription.active": "subscription_started", "subscription.cancelled": "subscription_cancelled" };

function handler(webhook) {
  const data = webhook.payload.data;
  // Your site must put the client id of Google Analytics into the checkout's metadata: see the steps of the card.
  const client = data.metadata ? data.metadata.ga_client_id : "";
  const name = NAMES[webhook.eventType];
  if (!name || !client) return null;

  webhook.payload = {
    client_id: String(client),
    timestamp_micros: Date.parse(webhook.payload.timestamp) * 1000,
    events: [{ name, params: { plan: String(data.product_id || "unknown").slice(0, 100), engagement_time_msec: 1 } }],
  };
  return webhook;
}
