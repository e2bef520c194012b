/**
 * Turns Dodo's events into events of Klaviyo (POST /api/events), from which flows start and segments are made.
 *
 * - The name of the metric is what you choose in a flow. Rename it here before the first event, not after.
 * - `value` is what Klaviyo adds up: the amount in the currency's main unit.
 * - Event types that say nothing to a customer, such as payouts, are cancelled.
 */
function handler(webhook) {
  const data = webhook.payload.data;
  const id = data.customer ? data.customer.customer_id : data.customer_id;
  const name = METRICS[webhook.eventType];
  if (!name || !id) {
    webhook.cancel = true;
    return webhook;
  }

  const profile = { external_id: id };
  if (data.customer) {
    profile.email = data.customer.email;
    const [first, ...more] = data.customer.name.trim().split(/\s+/);
    if (first) profile.first_name = cut(first);
    if (more.length) profile.last_name = cut(more.join(" "));
  }

  const amount = data.total_amount ?? data.recurring_pre_tax_amount ?? data.amount;
  const attributes = {
    metric: { data: { type: "metric", attributes: { name } } },
    profile: { data: { type: "profile", attributes: profile } },
    properties: details(data),
    time: webhook.payload.timestamp,
    // The same in every attempt, so that Klaviyo counts a repeated event once.
    unique_id: webhook.id,
  };
  if (COUNTED.includes(webhook.eventType) && typeof amount === "number" && data.currency) {
    attributes.value = major(amount, data.currency);
    attributes.value_currency = data.currency;
  }

  webhook.payload = { data: { type: "event", attributes } };
  return webhook;
}

const METRICS = {
  "payment.succeeded": "Payment succeeded",
  "payment.failed": "Payment failed",
  "refund.succeeded": "Payment refunded",
  "subscription.active": "Subscription started",
  "subscription.renewed": "Subscription renewed",
  "subscription.plan_changed": "Subscription plan changed",
  "subscription.on_hold": "Subscription on hold",
  "subscription.past_due": "Subscription past due",
  "subscription.paused": "Subscription paused",
  "subscription.unpaused": "Subscription resumed",
  "subscription.cancelled": "Subscription cancelled",
  "subscription.failed": "Subscription failed",
  "subscription.expired": "Subscription expired",
  "license_key.created": "License key created",
  "credit.balance_low": "Credit balance low",
  "abandoned_checkout.detected": "Checkout abandoned",
  "abandoned_checkout.recovered": "Checkout recovered",
  "dunning.started": "Dunning started",
  "dunning.recovered": "Dunning recovered",
};

// The events whose amount is worth adding up.
const COUNTED = ["payment.succeeded", "refund.succeeded", "subscription.active", "subscription.renewed"];

// The facts that flows and segments ask for, as far as the event has them.
const FACTS = [
  "payment_id",
  "recovered_payment_id",
  "refund_id",
  "subscription_id",
  "product_id",
  "status",
  "payment_method",
  "error_message",
  "reason",
  "is_partial",
  "next_billing_date",
  "payment_frequency_count",
  "payment_frequency_interval",
  "cancellation_feedback",
  "credit_entitlement_name",
  "available_balance",
  "abandonment_reason",
  "trigger_state",
];

function details(data) {
  const present = FACTS.filter((fact) => data[fact] !== null && data[fact] !== undefined);
  return Object.fromEntries(
    present.map((fact) => [fact, typeof data[fact] === "string" ? cut(data[fact]) : data[fact]]),
  );
}

function cut(text) {
  return Array.from(text).slice(0, 500).join("");
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return amount;
  return amount / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}
