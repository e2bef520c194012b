// The steps in the life of a subscription as events; everything else is left out.
const NAMES = {
  "subscription.active": "Subscription started",
  "subscription.renewed": "Subscription renewed",
  "subscription.plan_changed": "Subscription changed",
  "subscription.on_hold": "Subscription on hold",
  "subscription.cancelled": "Subscription cancelled",
  "subscription.expired": "Subscription expired",
};

function handler(webhook) {
  const name = NAMES[webhook.eventType];
  if (!name) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  webhook.payload = {
    type: "person",
    identifiers: { id: data.customer.customer_id },
    action: "event",
    name,
    attributes: {
      email: data.customer.email,
      subscription_id: data.subscription_id,
      product_id: data.product_id,
      status: data.status,
      next_billing_date: data.next_billing_date,
      ends_with_this_period: data.cancel_at_next_billing_date,
    },
  };
  return webhook;
}
