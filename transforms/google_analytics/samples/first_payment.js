// A purchase with its value alone.
function handler(webhook) {
  const data = webhook.payload.data;
  // Your site must put the client id of Google Analytics into the checkout's metadata: see the steps of the card.
  const client = data.metadata ? data.metadata.ga_client_id : "";
  if (webhook.eventType !== "payment.succeeded" || !client) return null;

  const value = major(data.total_amount, data.currency);
  webhook.payload = {
    client_id: String(client),
    timestamp_micros: Date.parse(webhook.payload.timestamp) * 1000,
    events: [{
      name: "purchase",
      params: {
        transaction_id: data.payment_id,
        currency: data.currency,
        value,
        items: [{ item_id: "payment", price: value, quantity: 1 }],
      },
    }],
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
