// A push for each dispute.
function handler(webhook) {
  if (!webhook.eventType.startsWith("dispute.")) return null;
  webhook.payload = {
    topic: webhook.env.TOPIC,
    title: "Dispute",
    message: webhook.payload.data.dispute_id,
    tags: ["warning"],
    priority: 4,
  };
  return webhook;
}
