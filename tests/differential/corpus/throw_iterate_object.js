function handler(webhook) {
  const lines = [];
  for (const line of webhook.payload.data) {
    lines.push(line);
  }
  webhook.payload = lines;
  return webhook;
}
