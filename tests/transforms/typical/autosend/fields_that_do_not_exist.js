// Reads fields that payments and subscriptions do not have.
function handler(webhook) {
  const d = webhook.payload.data;
  if (webhook.eventType === "payment.succeeded") {
    webhook.payload = {
      to: { email: d.customer.email, name: d.customer.name },
      from: { email: "shop@example.com", name: "Shop" },
      templateId: "receipt",
      dynamicData: { amount: d.amount },
    };
  } else if (webhook.eventType === "subscription.active") {
    webhook.payload = {
      to: { email: d.customer.email },
      from: { email: "shop@example.com" },
      templateId: "welcome",
      dynamicData: { plan: d.plan.name, next: d.next_billing_at },
    };
  } else {
    webhook.cancel = true;
  }
  return webhook;
}
