// Coloured attachments with a number where Slack wants text.
function handler(webhook) {
  const d = webhook.payload.data;
  switch (webhook.eventType) {
    case "dispute.opened":
      webhook.payload = {
        attachments: [{
          color: "danger",
          title: "Dispute opened",
          fields: [{ title: "Amount", value: d.amount, short: true }],
        }],
      };
      break;
    case "payment.failed":
      webhook.payload = {
        attachments: [{
          color: "warning",
          title: "Failed",
          fields: [{ title: "Amount", value: d.total_amount / 100, short: true }],
        }],
      };
      break;
    default:
      webhook.cancel = true;
  }
  return webhook;
}
