// The time in Unix seconds, which Inngest reads as milliseconds: January 1970.
function handler(webhook) {
  webhook.payload = {
    name: "dodo/" + webhook.eventType,
    data: webhook.payload.data,
    ts: Math.floor(Date.parse(webhook.payload.timestamp) / 1000),
  };
  return webhook;
}
