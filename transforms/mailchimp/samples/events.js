// An event for each payment and subscription, from which an automation can start. The member must exist.
function handler(webhook) {
  const { customer } = webhook.payload.data;
  if (
    !/^(payment|subscription)\.(succeeded|failed|active|renewed|cancelled|on_hold)$/.test(webhook.eventType) ||
    !customer
  ) {
    webhook.cancel = true;
    return webhook;
  }

  const path = "/lists/" + webhook.env.LIST_ID + "/members/" + crypto.md5(customer.email.toLowerCase());
  webhook.url += path + "/events";
  webhook.payload = {
    name: webhook.eventType.replaceAll(".", "_"),
    properties: { id: webhook.payload.data.subscription_id || webhook.payload.data.payment_id },
    occurred_at: new Date(webhook.payload.timestamp).toISOString().slice(0, 19) + "+00:00",
  };
  return webhook;
}
