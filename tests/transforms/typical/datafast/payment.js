// Divides every amount by 100, whatever the currency; visitors come from the metadata.
function handler(webhook) {
  const p = webhook.payload.data;
  if (webhook.eventType !== "payment.succeeded") {
    webhook.cancel = true;
    return webhook;
  }
  webhook.payload = {
    amount: p.total_amount / 100,
    currency: p.currency,
    transaction_id: p.payment_id,
    datafast_visitor_id: p.metadata.datafast_visitor_id || "visitor",
  };
  return webhook;
}
