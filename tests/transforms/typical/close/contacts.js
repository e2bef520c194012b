// Addresses as texts, and a field of one's own by its name.
function handler(webhook) {
  if (webhook.eventType === "payment.succeeded") {
    const { customer, payment_id } = webhook.payload.data;
    webhook.url = "https://api.close.com/api/v1/contact/";
    webhook.payload = { name: customer.name, emails: [customer.email], custom: { last_payment: payment_id } };
  }
  return webhook;
}
