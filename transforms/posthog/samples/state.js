// Keeps the state of the subscription as a property of the person.
function handler(webhook) {
  if (!(webhook.eventType in STATES) || !webhook.payload.data.customer) {
    webhook.cancel = true;
    return webhook;
  }

  const { customer } = webhook.payload.data;
  webhook.payload = {
    api_key: webhook.env.POSTHOG_KEY,
    event: "subscription state",
    distinct_id: customer.customer_id,
    properties: { $set: { email: customer.email, subscription: STATES[webhook.eventType] } },
    timestamp: webhook.payload.timestamp,
    uuid: uuid(webhook.id),
  };
  return webhook;
}

const STATES = {
  "subscription.active": "active",
  "subscription.renewed": "active",
  "subscription.on_hold": "on hold",
  "subscription.cancelled": "cancelled",
  "subscription.expired": "expired",
};

// PostHog recognises a repeated event by its uuid: here made of the webhook-id, which is the same in every attempt.
function uuid(id) {
  return crypto.md5(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
