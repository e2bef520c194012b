// An event under Dodo's own name, with numbers and nulls as they came, for a member found by address.
function handler(webhook) {
  const p = webhook.payload.data;
  if (!webhook.eventType.startsWith("payment.")) {
    webhook.cancel = true;
    return webhook;
  }
  const member = encodeURIComponent(p.customer.email);
  webhook.url = "https://us21.api.mailchimp.com/3.0/lists/0123456789/members/" + member + "/events";
  webhook.payload = {
    name: webhook.eventType,
    properties: { payment: p.payment_id, amount: p.total_amount / 100, currency: p.currency },
  };
  return webhook;
}
