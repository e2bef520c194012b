// The amount without tax, so that partners are not paid for it.
function handler(webhook) {
  const data = webhook.payload.data;
  const { dub_customer_id, dub_click_id } = data.metadata || {};
  if (webhook.eventType !== "payment.succeeded" || (!dub_customer_id && !dub_click_id)) return null;

  const sale = {
    customerExternalId: Array.from(String(dub_customer_id || data.customer.customer_id)).slice(0, 100).join(""),
    amount: Math.max(0, data.total_amount - (data.tax || 0)),
    currency: data.currency.toLowerCase(),
    paymentProcessor: "custom",
    invoiceId: data.payment_id,
  };
  if (dub_click_id) sale.clickId = String(dub_click_id);
  webhook.payload = sale;
  return webhook;
}
