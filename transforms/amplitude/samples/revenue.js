// One event a payment, with the revenue and nothing else.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const data = webhook.payload.data;
  webhook.payload = {
    api_key: webhook.env.AMPLITUDE_KEY,
    events: [
      {
        event_type: "revenue",
        user_id: data.customer.customer_id,
        time: Date.parse(webhook.payload.timestamp),
        insert_id: webhook.id,
        revenue: major(data.total_amount, data.currency),
        currency: data.currency,
      },
    ],
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
