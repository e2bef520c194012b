// All fields of a payment at the top: GitHub takes ten.
function handler(webhook) {
  webhook.payload = { event_type: webhook.eventType, client_payload: webhook.payload.data };
  return webhook;
}
