/**
 * Tracks payments and subscriptions in PostHog. The key comes from the form, as webhook.env.POSTHOG_KEY.
 *
 * Event types that say nothing about a customer are cancelled. To track another one, add its name to NAMES.
 */
function handler(webhook) {
  const name = NAMES[webhook.eventType];
  const data = webhook.payload.data;
  if (!name || !data.customer) {
    webhook.cancel = true;
    return webhook;
  }

  webhook.payload = {
    api_key: webhook.env.POSTHOG_KEY,
    event: name,
    distinct_id: data.customer.customer_id,
    properties: {
      ...properties(data),
      $set: { email: data.customer.email, name: Array.from(data.customer.name).slice(0, 500).join("") },
    },
    timestamp: webhook.payload.timestamp,
    uuid: uuid(webhook.id),
  };
  return webhook;
}

const NAMES = {
  "payment.succeeded": "Payment Succeeded",
  "payment.failed": "Payment Failed",
  "refund.succeeded": "Payment Refunded",
  "subscription.active": "Subscription Started",
  "subscription.renewed": "Subscription Renewed",
  "subscription.on_hold": "Subscription On Hold",
  "subscription.plan_changed": "Subscription Plan Changed",
  "subscription.cancelled": "Subscription Cancelled",
  "subscription.expired": "Subscription Expired",
};

function properties(data) {
  return {
    payment_id: data.payment_id || undefined,
    subscription_id: data.subscription_id || undefined,
    product_id: data.product_id || undefined,
    amount: amountOf(data),
    currency: data.currency || undefined,
    payment_method: data.payment_method || undefined,
    status: data.status || undefined,
  };
}

// What was charged, refunded or is charged each time, in major units; undefined when the event does not say.
function amountOf(data) {
  const amount = data.total_amount ?? data.recurring_pre_tax_amount ?? data.amount;
  return amount === undefined || amount === null || !data.currency ? undefined : major(amount, data.currency);
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return Number(amount);
  return Number(amount) / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}

// PostHog recognises a repeated event by its uuid: here made of the webhook-id, which is the same in every attempt.
function uuid(id) {
  return crypto.md5(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
