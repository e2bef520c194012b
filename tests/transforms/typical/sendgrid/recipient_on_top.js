// The recipient where other services want it.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const p = webhook.payload.data;
  webhook.payload = {
    from: { email: "shop@example.com" },
    to: [{ email: p.customer.email }],
    subject: "Paid",
    content: [{ type: "text/plain", value: "Thank you" }],
  };
  return webhook;
}
