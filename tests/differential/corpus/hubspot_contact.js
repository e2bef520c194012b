function handler(webhook) {
  const { customer } = webhook.payload.data;
  const [firstname = "", lastname = ""] = (customer.name || "").split(/\s+/);
  webhook.payload = { properties: { email: customer.email.trim().toLowerCase(), firstname, lastname, phone: customer.phone_number ?? "" } };
  webhook.method = "PATCH";
  webhook.url = `https://api.hubapi.com/crm/v3/objects/contacts/${customer.email}?idProperty=email`;
  return webhook;
}
