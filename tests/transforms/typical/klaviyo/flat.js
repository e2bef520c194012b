// Metric and profile without the wrapping that Klaviyo's API wants, and the value as a text.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") {
    webhook.cancel = true;
    return webhook;
  }
  const data = webhook.payload.data;
  webhook.payload = {
    data: {
      type: "event",
      attributes: {
        metric: { name: "Placed Order" },
        profile: { email: data.customer.email },
        properties: { order: data.payment_id },
        value: (data.total_amount / 100).toFixed(2),
      },
    },
  };
  return webhook;
}
