// A track call that names nobody.
function handler(webhook) {
  webhook.payload = { event: webhook.eventType, properties: {} };
  return webhook;
}
