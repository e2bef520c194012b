// A mail to your own team when something needs attention: the sender's address receives it.
const TITLES = {
  "payment.failed": "A payment failed",
  "dispute.opened": "A customer disputes a payment",
  "subscription.on_hold": "A subscription is on hold",
  "payout.failed": "A payout failed",
};

function handler(webhook) {
  const subject = TITLES[webhook.eventType];
  if (!subject) return null;

  const data = webhook.payload.data;
  const id = data.dispute_id || data.payout_id || data.subscription_id || data.payment_id;
  const text = [subject + ".", data.customer ? "Customer: " + cut(data.customer.name, 100) : "", "Id: " + id]
    .filter(Boolean).join("\n");
  webhook.payload = {
    personalizations: [{ to: [{ email: webhook.env.FROM_EMAIL }] }],
    from: { email: webhook.env.FROM_EMAIL },
    subject,
    content: [{ type: "text/plain", value: text }],
  };
  return webhook;
}

// At most so many characters; a character of two halves is kept whole.
function cut(value, most) {
  const text = String(value);
  if (text.length <= most) return text;
  return text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "") + "…";
}
