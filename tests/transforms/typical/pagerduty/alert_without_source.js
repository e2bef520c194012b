// An alert in words of its own.
function handler(webhook) {
  if (webhook.eventType !== "dispute.opened") return null;
  webhook.payload = {
    routing_key: "0123456789abcdef0123456789abcdef",
    event_action: "trigger",
    payload: { summary: "Dispute " + webhook.payload.data.dispute_id, severity: "high" },
  };
  return webhook;
}
