/**
 * Turns Dodo's events into calls of Customer.io's Track API v2 (POST /api/v2/entity).
 *
 * - Whatever happens to a customer becomes an event of the same name, so that a campaign can start from it.
 * - subscription.updated keeps the profile up to date, so that segments can ask for plan and status.
 * - Event types that say nothing to a customer, such as payouts, are cancelled: Customer.io has no use for them.
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

  const time = Date.parse(webhook.payload.timestamp);
  const profile = webhook.eventType === "subscription.updated";
  const entity = { type: "person", identifiers: { id }, action: profile ? "identify" : "event" };
  if (!profile) {
    entity.name = webhook.eventType;
    entity.id = ulid(time, webhook.id);
  }
  entity.timestamp = Math.floor(time / 1000);
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
  "subscription.past_due": (data) => ({ ...subscription(data), time_to_pay_ends_at: data.past_due_ends_at }),
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
  "license_key.created": (data) => ({
    license_key_id: data.id,
    product_id: data.product_id,
    activations_limit: data.activations_limit,
    expires_at: data.expires_at,
  }),
  "credit.balance_low": (data) => ({
    credit: data.credit_entitlement_name,
    available: data.available_balance,
    threshold: data.threshold_amount,
    subscription_id: data.subscription_id,
  }),
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

// Without what is absent, and with texts of at most 1,000 bytes: Customer.io takes no longer ones.
function shortened(attributes) {
  const present = Object.entries(attributes).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    present.map(([name, value]) => [name, typeof value === "string" ? cut(value, 1000) : value]),
  );
}

// At most so many bytes of UTF-8; a character is kept whole.
function cut(text, most) {
  const bytes = (value) => new TextEncoder().encode(value).length;
  if (bytes(text) <= most) return text;
  let shown = "";
  let room = most - bytes("…");
  for (const character of text) {
    room -= bytes(character);
    if (room < 0) break;
    shown += character;
  }
  return shown + "…";
}

// Customer.io recognises a repeated event by its ULID: here the time of the event and 80 bits made of the webhook-id,
// which are the same in every attempt.
function ulid(time, id) {
  const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  let rest = (BigInt(time) << 80n) | BigInt("0x" + crypto.md5(id).slice(0, 20));
  let text = "";
  for (let at = 0; at < 26; at++) {
    text = digits[Number(rest & 31n)] + text;
    rest >>= 5n;
  }
  return text;
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (amount === null || amount === undefined) return null;
  if (NO_DECIMALS.includes(currency)) return amount;
  return amount / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}
