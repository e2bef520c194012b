/**
 * Reports payments as purchases, and refunds, to Google Analytics 4.
 *
 * Only events with ga_client_id in the metadata are sent, since Google Analytics needs to know the visitor. Payments have
 * the metadata of the checkout; refunds have their own, so the customer's is asked as well. Other event types are
 * cancelled.
 */
function handler(webhook) {
  const data = webhook.payload.data;
  const { ga_client_id, ga_session_id } = { ...(data.customer && data.customer.metadata), ...data.metadata };
  const name = { "payment.succeeded": "purchase", "refund.succeeded": "refund" }[webhook.eventType];
  const amount = data.total_amount ?? data.amount;
  if (!name || !ga_client_id || !data.currency || amount === null || amount === undefined) {
    webhook.cancel = true;
    return webhook;
  }

  const bought = data.product_cart || [{ product_id: data.subscription_id || data.payment_id, quantity: 1 }];
  const params = {
    transaction_id: data.payment_id,
    currency: data.currency,
    value: major(amount, data.currency),
    items: bought.slice(0, 200).map((item) => ({ item_id: item.product_id, quantity: item.quantity })),
    engagement_time_msec: 1,
  };
  if (ga_session_id) params.session_id = String(ga_session_id).slice(0, 100);
  webhook.payload = {
    client_id: String(ga_client_id),
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
