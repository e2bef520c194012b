// As cards are often pasted: without a version.
function handler(webhook) {
  const d = webhook.payload.data;
  if (webhook.eventType === "payment.succeeded") {
    webhook.payload = {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          content: { type: "AdaptiveCard", body: [{ type: "TextBlock", text: "Paid: " + d.payment_id }] },
        },
      ],
    };
  }
  return webhook;
}
