// Keeps the traits of a customer up to date.
function handler(webhook) {
  if (!(webhook.eventType in STATES) || !webhook.payload.data.customer) {
    webhook.cancel = true;
    return webhook;
  }

  const { customer } = webhook.payload.data;
  webhook.url = webhook.url.replace(/\/track$/, "/identify");
  webhook.payload = {
    userId: customer.customer_id,
    traits: {
      email: customer.email,
      name: Array.from(customer.name).slice(0, 500).join(""),
      subscription: STATES[webhook.eventType],
    },
    timestamp: webhook.payload.timestamp,
    messageId: webhook.id,
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
