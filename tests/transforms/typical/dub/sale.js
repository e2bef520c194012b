// A sale with a payment processor that Dub's list does not have.
function handler(webhook) {
  const p = webhook.payload.data;
  if (webhook.eventType !== "payment.succeeded") return null;
  webhook.payload = {
    customerExternalId: p.customer.customer_id,
    amount: p.total_amount,
    currency: p.currency.toLowerCase(),
    paymentProcessor: "dodo",
    invoiceId: p.payment_id,
  };
  return webhook;
}
