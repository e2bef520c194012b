/**
 * Starts a task of Trigger.dev with each event. A retried event starts it once, by its idempotency key.
 */
function handler(webhook) {
  webhook.payload = { payload: webhook.payload, options: { idempotencyKey: webhook.id } };
  return webhook;
}
