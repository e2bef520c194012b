/**
 * Opens incidents in PagerDuty for disputes and for payouts and refunds that fail. An answer to a dispute
 * acknowledges its incident, and its end resolves it: all carry the dispute's id as dedup_key. Everything else is cancelled.
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
      custom_details: {
        payment_id: data.payment_id || "",
        amount: data.amount && data.currency ? money(data.amount, data.currency) : "",
        reason: data.reason || data.remarks || data.error_message || "",
        event: webhook.id,
      },
    };
  }
  return webhook;
}

const RULES = {
  "dispute.opened": ["trigger", "error", "A customer disputes a payment"],
  "dispute.challenged": ["acknowledge"],
  "dispute.won": ["resolve"],
  "dispute.lost": ["resolve"],
  "dispute.accepted": ["resolve"],
  "dispute.cancelled": ["resolve"],
  "dispute.expired": ["resolve"],
  "payout.failed": ["trigger", "critical", "A payout failed"],
  "payout.success": ["resolve"],
  "refund.failed": ["trigger", "warning", "A refund failed"],
};

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function money(amount, currency) {
  const decimals = NO_DECIMALS.includes(currency) ? 0 : THREE_DECIMALS.includes(currency) ? 3 : 2;
  return (Number(amount) / 10 ** decimals).toFixed(decimals) + " " + currency;
}
