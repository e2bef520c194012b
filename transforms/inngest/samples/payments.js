// Payments that succeeded, with few fields.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const p = webhook.payload.data;
  webhook.payload = {
    id: webhook.id,
    name: "shop/payment.received",
    data: {
      payment_id: p.payment_id,
      customer_id: p.customer.customer_id,
      amount: major(p.total_amount, p.currency),
      currency: p.currency,
    },
    ts: Date.parse(webhook.payload.timestamp),
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
