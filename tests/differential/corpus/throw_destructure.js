function handler(webhook) {
  const { customer, billing } = webhook.payload.data;
  const { city, country } = billing;
  const { name, email } = customer;
  webhook.payload = { city, country, name, email };
  return webhook;
}
