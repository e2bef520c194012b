// Only what somebody should look at: failed payments, disputes, subscriptions on hold, payouts that did not arrive.
const TITLES = {
  "payment.failed": "A payment failed",
  "refund.failed": "A refund failed",
  "dispute.opened": "A customer disputes a payment",
  "dispute.lost": "A dispute was lost",
  "subscription.on_hold": "A subscription is on hold",
  "subscription.failed": "A subscription could not start",
  "payout.on_hold": "A payout is on hold",
  "payout.failed": "A payout failed",
};

function handler(webhook) {
  const title = TITLES[webhook.eventType];
  if (!title) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const customer = data.customer ? data.customer.name : "";
  const id = data.refund_id || data.dispute_id || data.payout_id || data.payment_id || data.subscription_id;
  const why = data.error_message || data.remarks || "";
  webhook.payload = {
    attachments: [
      {
        color: "#b42318",
        title,
        text: escape(cut(why, 1000)),
        fields: [
          { title: "Customer", value: escape(cut(customer, 300)) || "not named", short: true },
          { title: "Id", value: id, short: true },
        ],
        ts: Math.floor(Date.parse(webhook.payload.timestamp) / 1000),
      },
    ],
  };
  return webhook;
}

// Slack reads these three characters as markup: <!channel> would ping everybody.
function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// At most so many characters, each kept whole.
function cut(text, most) {
  return text.length <= most
    ? text
    : Array.from(text.slice(0, most - 1)).join("").replace(/[\ud800-\udbff]$/, "") + "…";
}
