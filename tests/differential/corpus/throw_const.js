function handler(webhook) {
  const total = 0;
  for (const key of Object.keys(webhook.payload.data)) {
    total += key.length;
  }
  webhook.payload = { total };
  return webhook;
}
