function handler(webhook) {
  const blocks = [];
  for (const [key, value] of Object.entries(webhook.payload.data)) {
    if (value === null || typeof value === "object") continue;
    blocks.push({ type: "section", text: { type: "mrkdwn", text: `*${key}*: ${value}` } });
  }
  webhook.payload = { blocks };
  return webhook;
}
