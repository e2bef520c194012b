// The time of the event as the key: a number, where a text is wanted.
function handler(webhook) {
  const { timestamp, data } = webhook.payload;
  webhook.payload = { payload: data, options: { idempotencyKey: Date.parse(timestamp) } };
  return webhook;
}
