function handler(webhook) {
  const amount = webhook.payload.data.total_amount ?? webhook.payload.data.amount ?? "12";
  webhook.payload = { text: amount.toFixed(2).toUppercase() };
  return webhook;
}
