/**
 * Opens an issue in Linear for disputes, failed payouts and refunds, and subscriptions on hold: what a person must act on.
 *
 * Everything else is cancelled. To open one for another event type, add it to ISSUES: title and priority (1 is urgent).
 */
function handler(webhook) {
  const issue = ISSUES[webhook.eventType];
  if (!issue) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const [title, priority] = issue;
  const id = data.dispute_id || data.refund_id || data.payout_id || data.subscription_id || data.id || data.payment_id;
  const facts = [
    data.customer ? "Customer: " + text(data.customer.name) + " (" + text(data.customer.email) + ")" : "",
    data.payment_id ? "Payment: " + data.payment_id : "",
    data.reason || data.remarks || data.error_message
      ? "Why: " + text(data.reason || data.remarks || data.error_message)
      : "",
    "Event: " + webhook.id,
  ];
  webhook.payload = {
    query: QUERY,
    variables: {
      input: {
        id: uuid(webhook.id),
        teamId: webhook.env.TEAM_ID,
        title: id ? title + ": " + id : title,
        description: facts.filter(Boolean).join("\n\n"),
        priority,
      },
    },
  };
  return webhook;
}

const ISSUES = {
  "dispute.opened": ["A customer disputes a payment", 1],
  "dispute.expired": ["A dispute was not answered in time", 2],
  "refund.failed": ["A refund failed", 2],
  "payout.failed": ["A payout failed", 1],
  "payout.on_hold": ["A payout is on hold", 2],
  "subscription.on_hold": ["A subscription is on hold", 3],
  "entitlement_grant.failed": ["A customer did not get what was bought", 2],
};

const QUERY =
  "mutation ($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { identifier url } } }";

// Linear takes an id that we choose, so that a retried event makes no second issue.
function uuid(id) {
  const hex = crypto.md5(id);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    "4" + hex.slice(13, 16),
    "8" + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}

// Customers' words as plain text: Linear reads Markdown.
function text(value) {
  const plain = String(value).replace(/[\\*_~`<>#[\]!|]/g, "\\$&");
  return plain.length <= 1000 ? plain : plain.slice(0, 999).replace(/[\ud800-\udbff]$/, "") + "…";
}
