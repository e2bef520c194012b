// Payments in the words of Segment's e-commerce events, which many destinations understand.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const data = webhook.payload.data;
  webhook.payload = {
    userId: data.customer.customer_id,
    event: "Order Completed",
    properties: {
      order_id: data.payment_id,
      revenue: major(data.total_amount, data.currency),
      tax: major(data.tax || 0, data.currency),
      currency: data.currency,
      products: (data.product_cart || []).map((item) => ({ product_id: item.product_id, quantity: item.quantity })),
    },
    timestamp: webhook.payload.timestamp,
    messageId: webhook.id,
  };
  return webhook;
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return Number(amount);
  return Number(amount) / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}
