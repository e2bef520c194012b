// No client_id, and a name with a dot. Google responds 204 and drops it.
function handler(webhook) {
  webhook.payload = { events: [{ name: webhook.eventType, params: {} }] };
  return webhook;
}
