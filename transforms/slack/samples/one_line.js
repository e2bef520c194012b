// One plain line for each payment, without colours or blocks.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null; // the same as webhook.cancel = true

  const { customer, payment_id } = webhook.payload.data;
  webhook.payload = { text: `${customer.name.replace(/[<>&]/g, "").slice(0, 1000)} has paid: ${payment_id}` };
  return webhook;
}
