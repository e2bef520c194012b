// Payments as events, one name for each outcome; everything else is left out.
const NAMES = {
  "payment.succeeded": "Payment received",
  "payment.failed": "Payment failed",
  "refund.succeeded": "Payment refunded",
};

function handler(webhook) {
  const name = NAMES[webhook.eventType];
  if (!name) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  webhook.payload = {
    type: "person",
    identifiers: { id: data.customer.customer_id },
    action: "event",
    name,
    attributes: {
      email: data.customer.email,
      payment_id: data.payment_id,
      // In the smallest unit of the currency, such as cents. It may be unknown for a refund.
      amount: data.total_amount ?? data.amount ?? "unknown",
      currency: data.currency || "unknown",
    },
  };
  return webhook;
}
