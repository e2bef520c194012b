/**
 * Turns Dodo's events into calls of Customer.io's Track API v2 (POST /api/v2/entity).
 *
 * - Whatever happens to a customer becomes an event of the same name, so that a campaign can start from it.
 * - subscription.updated keeps the profile up to date, so that segments can ask for plan and status.
 * - Event types that say nothing about a customer, such as payouts, are cancelled: Customer.io has no use for them.
 *
 * `action` must be one of Customer.io's own words: "identify" for the profile, "event" for what happened. The name
 * that campaigns look for goes into `name`.
 */
function handler(webhook) {
  const data = webhook.payload.data;
  const id = data.customer ? data.customer.customer_id : data.customer_id;
  const details = DETAILS[webhook.eventType];

  if (!details || !id) {
    webhook.cancel = true;
    return webhook;
  }

  const profile = webhook.eventType === "subscription.updated";
  const entity = { type: "person", identifiers: { id }, action: profile ? "identify" : "event" };
  if (!profile) entity.name = webhook.eventType;
  entity.timestamp = Math.floor(Date.parse(webhook.payload.timestamp) / 1000);
  entity.attributes = shortened(details(data));

  webhook.payload = entity;
  return webhook;
}

const DETAILS = {
  "payment.succeeded": payment,
  "payment.failed": (data) => ({ ...payment(data), error: data.error_message || data.error_code || "unknown" }),
  "refund.succeeded": (data) => ({
    ...contact(data),
    refund_id: data.refund_id,
    payment_id: data.payment_id,
    amount: major(data.amount, data.currency),
    currency: data.currency,
    partial: data.is_partial,
  }),
  "subscription.active": subscription,
  "subscription.renewed": subscription,
  "subscription.on_hold": subscription,
  "subscription.past_due": subscription,
  "subscription.paused": subscription,
  "subscription.unpaused": subscription,
  "subscription.plan_changed": subscription,
  "subscription.updated": subscription,
  "subscription.cancelled": (data) => ({
    ...subscription(data),
    cancelled_at: data.cancelled_at,
    feedback: data.cancellation_feedback || "unknown",
  }),
  "subscription.failed": subscription,
  "subscription.expired": subscription,
  "abandoned_checkout.detected": (data) => ({ payment_id: data.payment_id, reason: data.abandonment_reason }),
  "abandoned_checkout.recovered": (data) => ({ payment_id: data.recovered_payment_id || data.payment_id }),
  "dunning.started": (data) => ({ subscription_id: data.subscription_id, state: data.trigger_state }),
  "dunning.recovered": (data) => ({ subscription_id: data.subscription_id, state: data.trigger_state }),
};

function contact(data) {
  return { email: data.customer.email, full_name: data.customer.name };
}

function payment(data) {
  return {
    ...contact(data),
    payment_id: data.payment_id,
    amount: major(data.total_amount, data.currency),
    currency: data.currency,
    payment_method: data.payment_method || "unknown",
  };
}

function subscription(data) {
  return {
    ...contact(data),
    subscription_id: data.subscription_id,
    subscription_status: data.status,
    product_id: data.product_id,
    price: major(data.recurring_pre_tax_amount, data.currency),
    currency: data.currency,
    interval: data.payment_frequency_count + " " + data.payment_frequency_interval,
    next_billing_date: data.next_billing_date,
  };
}

// Customer.io takes texts of at most 1,000 characters.
function shortened(attributes) {
  const cut = (value) => Array.from(value).slice(0, 999).join("") + "…";
  return Object.fromEntries(
    Object.entries(attributes).map((
      [name, value],
    ) => [name, typeof value === "string" && value.length > 1000 ? cut(value) : value]),
  );
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return amount;
  return amount / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}
