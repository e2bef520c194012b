// Payments and refunds with their value, under the names that shops use: Placed Order and Refunded Order.
const NAMES = { "payment.succeeded": "Placed Order", "refund.succeeded": "Refunded Order" };

function handler(webhook) {
  const name = NAMES[webhook.eventType];
  const data = webhook.payload.data;
  const amount = data.total_amount ?? data.amount;
  if (!name || typeof amount !== "number" || !data.currency) {
    webhook.cancel = true;
    return webhook;
  }

  webhook.payload = {
    data: {
      type: "event",
      attributes: {
        metric: { data: { type: "metric", attributes: { name } } },
        profile: {
          data: { type: "profile", attributes: { email: data.customer.email, external_id: data.customer.customer_id } },
        },
        properties: {
          OrderId: data.payment_id,
          Products: (data.product_cart || []).map((item) => item.product_id).slice(0, 100),
        },
        value: major(amount, data.currency),
        value_currency: data.currency,
        time: data.created_at,
        unique_id: data.refund_id || data.payment_id,
      },
    },
  };
  return webhook;
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return amount;
  return amount / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}
