// An issue of low priority for each payment that failed.
function handler(webhook) {
  if (webhook.eventType !== "payment.failed") return null;

  const p = webhook.payload.data;
  webhook.payload = {
    query: QUERY,
    variables: {
      input: {
        id: uuid(webhook.id),
        teamId: webhook.env.TEAM_ID,
        title: "Payment failed: " + p.payment_id,
        priority: 4,
      },
    },
  };
  return webhook;
}

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
