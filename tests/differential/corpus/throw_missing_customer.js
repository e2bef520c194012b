function handler(webhook) {
  const email = webhook.payload.data.customer.email.toLowerCase();
  webhook.payload = { email, first: webhook.payload.data.customer.first_name.trim() };
  return webhook;
}
