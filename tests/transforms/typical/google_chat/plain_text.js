// A plain message; other events go through as they came.
function handler(webhook) {
  const d = webhook.payload.data;
  if (webhook.eventType === "dispute.opened") {
    webhook.payload = { text: "*Dispute* about payment " + d.payment_id };
  }
  return webhook;
}
