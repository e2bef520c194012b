function handler(webhook) {
  const m = new Map(webhook.payload.data);
  webhook.payload = [...m];
  return webhook;
}
