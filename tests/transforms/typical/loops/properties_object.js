// The event's properties under the name that Loops does not know.
function handler(webhook) {
  const d = webhook.payload.data;
  if (webhook.eventType !== "payment.succeeded") return null;
  webhook.url = "https://app.loops.so/api/v1/events/send";
  webhook.payload = {
    email: d.customer.email,
    eventName: "payment_succeeded",
    properties: { amount: d.total_amount / 100, currency: d.currency },
  };
  return webhook;
}
