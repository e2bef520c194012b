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
