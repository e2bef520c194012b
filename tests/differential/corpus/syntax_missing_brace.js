function handler(webhook) {
  if (webhook.eventType === "x") {
    webhook.cancel = true;
  return webhook;
}
