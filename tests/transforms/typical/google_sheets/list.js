// A row as a list, for a script that appends it as it is.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const data = webhook.payload.data;
  webhook.payload = { row: [data.created_at, data.customer.email, data.total_amount / 100, data.currency] };
  return webhook;
}
