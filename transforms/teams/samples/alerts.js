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
  const why = data.error_message || data.remarks || data.reason || "";
  const lines = [customer && "Customer: " + cut(customer, 300), why && "Why: " + cut(why, 800), "Id: " + id].filter(
    Boolean,
  );
  webhook.payload = {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            { type: "TextBlock", text: title, weight: "Bolder", color: "Attention", wrap: true },
            ...lines.map((line) => plain(line)),
          ],
        },
      },
    ],
  };
  return webhook;
}

// At most so many characters; a character of two halves is kept whole.
function cut(value, most) {
  const text = String(value);
  if (text.length <= most) return text;
  return text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "") + "…";
}

// A text run is shown as it is. Text blocks read Markdown, which customers could write.
function plain(text, style = {}) {
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", text, ...style }] };
}
