function handler(webhook) {
  const data = webhook.payload;
  const data = webhook.payload.data;
  return webhook;
}
