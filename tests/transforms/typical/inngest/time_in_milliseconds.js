// The same with the time as Inngest wants it.
function handler(webhook) {
  webhook.payload = {
    name: "dodo/" + webhook.eventType,
    data: webhook.payload.data,
    ts: Date.parse(webhook.payload.timestamp),
  };
  return webhook;
}
