function handler(webhook) {
  if (!/^(payment|refund)\.(?!failed)/.test(webhook.eventType)) return null;
  return webhook;
}
