// Keeps the state of the subscription as a property of the contact, which is made when it does not exist.
function handler(webhook) {
  if (!(webhook.eventType in STATES) || !webhook.payload.data.customer) {
    webhook.cancel = true;
    return webhook;
  }

  const { customer } = webhook.payload.data;
  webhook.url = "https://app.loops.so/api/v1/contacts/update";
  webhook.method = "PUT";
  webhook.payload = {
    email: customer.email,
    firstName: Array.from(customer.name.split(" ")[0]).slice(0, 200).join(""),
    subscriptionState: STATES[webhook.eventType],
    userGroup: "Customers",
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
