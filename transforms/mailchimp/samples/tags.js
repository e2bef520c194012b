// Tags a member with the state of the subscription. The member must exist.
function handler(webhook) {
  if (!(webhook.eventType in STATES) || !webhook.payload.data.customer) {
    webhook.cancel = true;
    return webhook;
  }

  const { customer } = webhook.payload.data;
  const path = "/lists/" + webhook.env.LIST_ID + "/members/" + crypto.md5(customer.email.toLowerCase());
  webhook.url += path + "/tags";
  webhook.payload = {
    tags: [...new Set(Object.values(STATES))].map((name) => ({
      name,
      status: name === STATES[webhook.eventType] ? "active" : "inactive",
    })),
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
