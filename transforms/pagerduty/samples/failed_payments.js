// Failed payments, all in one incident a day, so that a bad day pages once.
function handler(webhook) {
  if (webhook.eventType !== "payment.failed") return null;

  webhook.payload = {
    routing_key: webhook.env.ROUTING_KEY,
    event_action: "trigger",
    dedup_key: "failed-payments-" + webhook.payload.timestamp.slice(0, 10),
    payload: {
      summary: "Payments fail",
      source: "Dodo Payments",
      severity: "warning",
      custom_details: { payment_id: webhook.payload.data.payment_id },
    },
  };
  return webhook;
}
