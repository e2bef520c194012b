function handler(webhook) {
  const meta = JSON.parse(webhook.payload.data.metadata ?? "");
  webhook.payload = meta;
  return webhook;
}
