function handler(webhook) {
  const c = webhook.payload.data.customer;
  if (!c) { webhook.cancel = true; return webhook; }
  webhook.url = "https://track.customer.io/api/v1/customers/" + encodeURIComponent(c.email);
  webhook.method = "PUT";
  const [first, ...rest] = c.name.split(" ");
  webhook.payload = { email: c.email, first_name: first, last_name: rest.join(" "), created_at: Math.floor(new Date(webhook.payload.timestamp).getTime() / 1000) };
  return webhook;
}
