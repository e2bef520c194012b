// The event under the names of one's own system.
function handler(webhook) {
  webhook.payload = { kind: webhook.eventType, at: webhook.payload.timestamp, body: webhook.payload.data };
  return webhook;
}
