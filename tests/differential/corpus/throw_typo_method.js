function handler(webhook) {
  const text = JSON.stringify(webhook.payload)
    .toLowercase()
    .trim();
  webhook.payload = { text };
  return webhook;
}
