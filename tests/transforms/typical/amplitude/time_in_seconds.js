// The time in seconds; Amplitude wants milliseconds.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const p = webhook.payload.data;
  webhook.payload = {
    api_key: "0123456789abcdef0123456789abcdef",
    events: [
      {
        user_id: p.customer.customer_id,
        event_type: "payment",
        time: Math.floor(Date.parse(p.created_at) / 1000),
        revenue: p.total_amount / 100,
      },
    ],
  };
  return webhook;
}
