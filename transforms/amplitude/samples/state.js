// Keeps the state of the subscription as a property of the user.
function handler(webhook) {
  if (!(webhook.eventType in STATES) || !webhook.payload.data.customer) {
    webhook.cancel = true;
    return webhook;
  }

  const { customer } = webhook.payload.data;
  webhook.payload = {
    api_key: webhook.env.AMPLITUDE_KEY,
    events: [
      {
        event_type: "Subscription State",
        user_id: customer.customer_id,
        time: Date.parse(webhook.payload.timestamp),
        insert_id: webhook.id,
        user_properties: { subscription: STATES[webhook.eventType] },
      },
    ],
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
