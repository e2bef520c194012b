// One event a payment, with the revenue and nothing else.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const data = webhook.payload.data;
  webhook.payload = [
    {
      event: "Charge",
      properties: {
        time: Date.parse(webhook.payload.timestamp),
        distinct_id: data.customer.customer_id,
        $insert_id: insertId(webhook.id),
        amount: major(data.total_amount, data.currency),
        currency: data.currency,
      },
    },
  ];
  return webhook;
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return Number(amount);
  return Number(amount) / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}

// Mixpanel takes 36 letters, digits and hyphens.
function insertId(id) {
  return crypto.md5(id);
}
