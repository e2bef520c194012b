function handler(webhook) {
  switch (webhook.eventType) {
    case "payment.succeeded":
    case "payment.failed":
      webhook.payload = { kind: "payment", id: webhook.payload.data.payment_id };
      break;
    case "subscription.active": {
      const { subscription_id: id, next_billing_date: next } = webhook.payload.data;
      webhook.payload = { kind: "sub", id, next };
      break;
    }
    default:
      if (webhook.eventType.startsWith("dispute.")) webhook.url = "https://alerts.example.com/";
      else return null;
  }
  return webhook;
}
