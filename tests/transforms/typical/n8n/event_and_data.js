// What the nodes after the webhook read: $json.body.event and $json.body.data.
function handler(webhook) {
  webhook.payload = { event: webhook.eventType, data: webhook.payload.data };
  return webhook;
}
