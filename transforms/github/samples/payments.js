// Payments that succeeded, with few fields.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const p = webhook.payload.data;
  webhook.payload = {
    event_type: "payment",
    client_payload: {
      id: webhook.id,
      payment_id: p.payment_id,
      customer_id: p.customer.customer_id,
      amount: p.total_amount, // in the smallest unit: 4999 is 49.99 USD
      currency: p.currency,
    },
  };
  return webhook;
}
