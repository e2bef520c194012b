// One sentence for the next step of the Zap: text alone is neither an object nor a list.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const { customer, total_amount, currency } = webhook.payload.data;
  webhook.payload = `${customer.name} paid ${total_amount / 100} ${currency}`;
  return webhook;
}
