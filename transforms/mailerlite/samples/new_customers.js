// Adds a customer once, with the moment of the first payment.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const p = webhook.payload.data;
  webhook.payload = {
    email: p.customer.email,
    fields: { name: text(p.customer.name) },
    subscribed_at: p.created_at.slice(0, 19).replace("T", " "),
  };
  return webhook;
}

// Texts of at most 250 characters; a character of two halves is kept whole.
function text(value) {
  const given = String(value);
  return given.length <= 250 ? given : given.slice(0, 249).replace(/[\ud800-\udbff]$/, "") + "…";
}
