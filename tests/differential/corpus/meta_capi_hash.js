async function handler(webhook) {
  const email = webhook.payload.data.customer?.email;
  if (!email) return null;
  const bytes = new TextEncoder().encode(email.trim().toLowerCase());
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  const hex = [...new Uint8Array(hash)].map((b) => b.toString(16).padStart(2, "0")).join("");
  webhook.payload = { data: [{ event_name: "Purchase", event_time: Math.round(Date.parse(webhook.payload.timestamp) / 1e3), user_data: { em: [hex] }, custom_data: { currency: webhook.payload.data.currency, value: (webhook.payload.data.total_amount ?? 0) / 100 } }] };
  return webhook;
}
