// A message for each payment, as blocks. Other events go through as they came.
function handler(webhook) {
  if (webhook.eventType === "payment.succeeded") {
    const p = webhook.payload.data;
    webhook.payload = {
      blocks: [
        { type: "header", text: { type: "plain_text", text: "New payment" } },
        {
          type: "section",
          fields: [
            { type: "mrkdwn", text: "*Amount*\n" + (p.total_amount / 100).toFixed(2) + " " + p.currency },
            { type: "mrkdwn", text: "*Customer*\n" + p.customer.email },
          ],
        },
      ],
    };
  }
  return webhook;
}
