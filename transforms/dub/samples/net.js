// The amount without tax, so that partners are not paid for it.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const data = webhook.payload.data;
  webhook.payload = {
    customerExternalId: data.customer.customer_id,
    amount: Math.max(0, data.total_amount - (data.tax || 0)),
    currency: data.currency.toLowerCase(),
    paymentProcessor: "custom",
    invoiceId: data.payment_id,
  };
  return webhook;
}
