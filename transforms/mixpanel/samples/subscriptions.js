// The state of the subscription as an event.
function handler(webhook) {
  if (!(webhook.eventType in STATES) || !webhook.payload.data.customer) {
    webhook.cancel = true;
    return webhook;
  }

  const { customer } = webhook.payload.data;
  webhook.payload = [
    {
      event: "Subscription State",
      properties: {
        time: Date.parse(webhook.payload.timestamp),
        distinct_id: customer.customer_id,
        $insert_id: crypto.md5(webhook.id),
        state: STATES[webhook.eventType],
      },
    },
  ];
  return webhook;
}

const STATES = {
  "subscription.active": "active",
  "subscription.renewed": "active",
  "subscription.on_hold": "on hold",
  "subscription.cancelled": "cancelled",
  "subscription.expired": "expired",
};
