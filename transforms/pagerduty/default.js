/**
 * Opens incidents in PagerDuty for disputes and for payouts and refunds that fail. The end of a dispute resolves its
 * incident, since both carry the dispute's id as dedup_key. Everything else is cancelled.
 */
function handler(webhook) {
  const rule = RULES[webhook.eventType];
  if (!rule) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const id = data.dispute_id || data.payout_id || data.refund_id;
  const [action, severity, summary] = rule;
  const { timestamp } = webhook.payload;
  webhook.payload = { routing_key: webhook.env.ROUTING_KEY, event_action: action, dedup_key: id };
  if (action === "trigger") {
    webhook.payload.payload = {
      summary: summary + ": " + id,
      source: "Dodo Payments",
      severity,
      timestamp,
      class: webhook.eventType,
      custom_details: { payment_id: data.payment_id || "", event: webhook.id },
    };
  }
  return webhook;
}

const RULES = {
  "dispute.opened": ["trigger", "error", "A customer disputes a payment"],
  "dispute.won": ["resolve"],
  "dispute.lost": ["resolve"],
  "dispute.accepted": ["resolve"],
  "dispute.cancelled": ["resolve"],
  "dispute.expired": ["resolve"],
  "payout.failed": ["trigger", "critical", "A payout failed"],
  "payout.success": ["resolve"],
  "refund.failed": ["trigger", "warning", "A refund failed"],
};
