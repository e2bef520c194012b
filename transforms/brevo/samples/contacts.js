// Makes or changes a contact for each customer. The attributes must exist in Brevo, in capital letters.
function handler(webhook) {
  const { customer } = webhook.payload.data;
  if (!["payment.succeeded", "subscription.active", "subscription.renewed"].includes(webhook.eventType) || !customer) {
    webhook.cancel = true;
    return webhook;
  }

  webhook.url = "https://api.brevo.com/v3/contacts";
  webhook.payload = {
    email: customer.email,
    attributes: { FIRSTNAME: text(customer.name.trim().split(/\s+/)[0]) },
    updateEnabled: true,
  };
  return webhook;
}

// Texts of at most 250 characters; a character of two halves is kept whole.
function text(value) {
  const given = String(value);
  return given.length <= 250 ? given : given.slice(0, 249).replace(/[\ud800-\udbff]$/, "") + "…";
}
