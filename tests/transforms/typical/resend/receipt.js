// A receipt by mail. The name is not escaped for HTML, which no contract can see.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const p = webhook.payload.data;
  webhook.payload = {
    from: "Shop <receipts@example.com>",
    to: [p.customer.email],
    subject: "Your receipt",
    html: "<p>Thank you, " + p.customer.name + "!</p>",
  };
  return webhook;
}
