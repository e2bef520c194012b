// The colour as web pages write it, and a number as the value of a field.
function handler(webhook) {
  if (!webhook.eventType.startsWith("subscription.")) {
    webhook.cancel = true;
    return webhook;
  }
  const s = webhook.payload.data;
  webhook.payload = {
    embeds: [
      {
        title: webhook.eventType,
        color: "#5865F2",
        fields: [{ name: "Price", value: s.recurring_pre_tax_amount }],
      },
    ],
  };
  return webhook;
}
