// A template with the amount.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const p = webhook.payload.data;
  webhook.payload = {
    from: { email: "shop@example.com", name: "Shop" },
    personalizations: [
      {
        to: [{ email: p.customer.email, name: p.customer.name }],
        dynamic_template_data: { amount: p.total_amount / 100 },
      },
    ],
    template_id: "d-0123456789abcdef0123456789abcdef",
  };
  return webhook;
}
