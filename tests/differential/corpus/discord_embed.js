function handler(webhook) {
  const d = webhook.payload.data;
  const colors = { succeeded: 0x2ecc71, failed: 0xe74c3c, active: 0x3498db };
  webhook.payload = {
    username: "Dodo",
    embeds: [{
      title: webhook.eventType,
      color: colors[d.status] || 0x95a5a6,
      fields: Object.keys(d).slice(0, 5).map((name) => ({ name, value: String(d[name]).slice(0, 100), inline: true })),
      timestamp: new Date(webhook.payload.timestamp).toISOString(),
      footer: { text: "at " + new Date(webhook.payload.timestamp).toUTCString() },
    }],
  };
  webhook.headers = { "Content-Type": "application/json" };
  return webhook;
}
