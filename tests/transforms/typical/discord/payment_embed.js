// One embed for each payment; other events are left alone.
function handler(webhook) {
  if (webhook.eventType === "payment.succeeded") {
    const p = webhook.payload.data;
    webhook.payload = {
      embeds: [
        {
          title: "Payment received",
          color: 0x2ecc71,
          fields: [
            { name: "Amount", value: (p.total_amount / 100).toFixed(2) + " " + p.currency, inline: true },
            { name: "Customer", value: p.customer.email, inline: true },
          ],
          timestamp: webhook.payload.timestamp,
        },
      ],
    };
  }
  return webhook;
}
