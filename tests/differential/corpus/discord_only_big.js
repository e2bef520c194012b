function handler(webhook) {
  const amount = Number(webhook.payload.data.total_amount ?? webhook.payload.data.amount);
  if (!(amount > 2000)) return null;
  webhook.payload = { content: `Big one: $${(amount / 100).toFixed(2)} 🎉` };
  return webhook;
}
