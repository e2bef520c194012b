// An Adaptive Card with the facts of a refund.
function handler(webhook) {
  if (webhook.eventType !== "refund.succeeded") return null;
  const r = webhook.payload.data;
  webhook.payload = {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            { type: "TextBlock", text: "Refund", weight: "Bolder" },
            { type: "FactSet", facts: [{ title: "Id", value: r.refund_id }] },
          ],
        },
      },
    ],
  };
  return webhook;
}
