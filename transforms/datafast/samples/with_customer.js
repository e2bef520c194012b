// The customer's address beside the payment.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const data = webhook.payload.data;
  const visitor = data.metadata ? data.metadata.datafast_visitor_id : "";
  if (!visitor) return null;

  webhook.payload = {
    amount: major(data.total_amount, data.currency),
    currency: data.currency,
    transaction_id: data.payment_id,
    datafast_visitor_id: String(visitor),
    email: data.customer.email,
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
