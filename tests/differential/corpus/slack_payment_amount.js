function handler(webhook) {
  const p = webhook.payload.data;
  const amount = ((p.total_amount ?? p.amount ?? 0) / 100).toLocaleString("en-US", { style: "currency", currency: p.currency || "USD" });
  webhook.payload = { text: `:moneybag: ${webhook.eventType}: *${amount}* from ${p.customer?.name ?? "somebody"}` };
  return webhook;
}
