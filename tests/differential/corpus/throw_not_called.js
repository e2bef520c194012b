function handler(webhook) {
  const format = (n) => n.toFixed(2);
  webhook.payload = { a: format(webhook.payload.data.status ?? null) };
  return webhook;
}
