// Disputes open an incident, which only a person resolves.
function handler(webhook) {
  if (webhook.eventType !== "dispute.opened") return null;

  const d = webhook.payload.data;
  webhook.payload = {
    routing_key: webhook.env.ROUTING_KEY,
    event_action: "trigger",
    dedup_key: d.dispute_id,
    payload: {
      summary: "Dispute " + d.dispute_id + " about " + d.payment_id,
      source: "Dodo Payments",
      severity: "error",
    },
  };
  return webhook;
}
