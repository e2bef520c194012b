// A line of HTML to the chat of the form.
function handler(webhook) {
  const d = webhook.payload.data;
  if (webhook.eventType === "payment.succeeded") {
    webhook.payload = {
      chat_id: webhook.env.CHAT_ID,
      text: "<b>Paid</b> " + d.total_amount / 100 + " " + d.currency,
      parse_mode: "HTML",
    };
    return webhook;
  }
  webhook.cancel = true;
  return webhook;
}
