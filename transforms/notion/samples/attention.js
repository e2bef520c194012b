// Failed payments, disputes and subscriptions on hold, each as a page whose text says what happened. The database needs
// no property but its title, which has the id "title" whatever its name is.
const TITLES = {
  "payment.failed": "A payment failed",
  "refund.failed": "A refund failed",
  "dispute.opened": "A customer disputes a payment",
  "dispute.lost": "A dispute was lost",
  "subscription.on_hold": "A subscription is on hold",
};

function handler(webhook) {
  const title = TITLES[webhook.eventType];
  if (!title) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const id = data.refund_id || data.dispute_id || data.payment_id || data.subscription_id;
  const lines = [data.customer && data.customer.name, data.error_message || data.remarks || data.reason];
  webhook.payload = {
    parent: { type: "data_source_id", data_source_id: webhook.env.DATA_SOURCE_ID || "" },
    properties: { title: { title: [{ text: { content: title + " · " + id } }] } },
    children: lines.filter(Boolean).map((line) => ({
      object: "block",
      type: "paragraph",
      paragraph: { rich_text: [{ text: { content: Array.from(line).slice(0, 900).join("") } }] },
    })),
  };
  return webhook;
}
