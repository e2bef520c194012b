function handler(webhook) {
  const c = webhook.payload.data.customer;
  if (!c) return null;
  webhook.method = "PUT";
  webhook.payload = { email_address: c.email, status_if_new: "subscribed", merge_fields: { FNAME: c.name.split(" ")[0], LNAME: c.name.split(" ").slice(1).join(" ") }, tags: [webhook.eventType, ...(c.metadata?.vip ? ["vip"] : [])] };
  return webhook;
}
