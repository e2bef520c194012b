/**
 * Reports payments as purchases, and refunds, to Google Analytics 4.
 *
 * Only events with ga_client_id in the checkout's metadata are sent, since Google Analytics needs to know the visitor.
 * Other event types are cancelled.
 */
function handler(webhook) {
  const data = webhook.payload.data;
  // Your site must put the client id of Google Analytics into the checkout's metadata: see the steps of the card.
  const client = data.metadata ? data.metadata.ga_client_id : "";
  const name = { "payment.succeeded": "purchase", "refund.succeeded": "refund" }[webhook.eventType];
  if (!name || !client) {
    webhook.cancel = true;
    return webhook;
  }

  const amount = data.total_amount ?? data.amount;
  const params = {
    transaction_id: data.payment_id,
    currency: data.currency || "USD",
    value: major(amount ?? 0, data.currency || "USD"),
    items: (data.product_cart || [{ product_id: "refund", quantity: 1 }]).map((item) => ({
      item_id: item.product_id,
      quantity: item.quantity,
    })),
    engagement_time_msec: 1,
  };
  if (data.metadata.ga_session_id) params.session_id = String(data.metadata.ga_session_id);
  webhook.payload = {
    client_id: String(client),
    user_id: data.customer.customer_id,
    timestamp_micros: Date.parse(webhook.payload.timestamp) * 1000,
    events: [{ name, params }],
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
