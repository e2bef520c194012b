// An issue for each dispute that is opened.
function handler(webhook) {
  if (webhook.eventType !== "dispute.opened") return null;

  const d = webhook.payload.data;
  webhook.payload = {
    query: QUERY,
    variables: {
      input: {
        id: uuid(webhook.id),
        teamId: webhook.env.TEAM_ID,
        title: "Dispute " + d.dispute_id,
        description: "Payment: " + d.payment_id,
        priority: 1,
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
