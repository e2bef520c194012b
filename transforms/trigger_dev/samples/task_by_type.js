// A task named like the event type, such as dodo-payment-succeeded. The tasks must exist.
function handler(webhook) {
  if (!/^(payment|subscription|refund)\./.test(webhook.eventType)) return null;

  const task = "dodo-" + webhook.eventType.replaceAll(/[._]/g, "-");
  webhook.url = "https://api.trigger.dev/api/v1/tasks/" + task + "/trigger";
  webhook.payload = { payload: webhook.payload.data, options: { idempotencyKey: webhook.id } };
  return webhook;
}
