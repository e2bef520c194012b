// Each key is an argument of the script.
function handler(webhook) {
  const { type, data } = webhook.payload;
  webhook.payload = { event_type: type, payment_id: data.payment_id, customer: data.customer };
  return webhook;
}
