// The recipient as one text, and no sender.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  webhook.payload = { to: webhook.payload.data.customer.email, subject: "Paid", body: "Thank you" };
  return webhook;
}
