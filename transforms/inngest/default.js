/**
 * Sends each event to Inngest as dodo/<event type>, with Dodo's data below data. A retried event counts once, by its id.
 */
function handler(webhook) {
  webhook.payload = {
    id: webhook.id,
    name: "dodo/" + webhook.eventType,
    data: webhook.payload.data,
    ts: Date.parse(webhook.payload.timestamp), // in milliseconds
  };
  return webhook;
}
