function handler(webhook) {
  if (!["USD", "EUR"].includes(webhook.payload.data.currency)) { webhook.cancel = true; }
  return webhook;
}
