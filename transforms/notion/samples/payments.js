// One row for each payment that succeeded. The database needs Payment (title), Product (text), Amount (number), Country
// (select) and Invoice (URL).
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const products = (data.product_cart || []).map((item) => item.quantity + " × " + item.product_id);
  webhook.payload = {
    parent: { type: "data_source_id", data_source_id: webhook.env.DATA_SOURCE_ID || "" },
    properties: {
      Payment: { title: [{ text: { content: data.payment_id } }] },
      Product: { rich_text: [{ text: { content: products.join(", ").slice(0, 2000) } }] },
      // In the smallest unit of the currency, such as cents.
      Amount: { number: data.total_amount },
      Country: { select: { name: data.billing.country } },
      Invoice: { url: data.invoice_url || null },
    },
  };
  return webhook;
}
