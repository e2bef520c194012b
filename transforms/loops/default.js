/**
 * Sends events about payments and subscriptions to Loops, named like Dodo's with _ for the dot.
 *
 * Event types that say nothing about a customer are cancelled. To send another one, add it to DETAILS.
 */
function handler(webhook) {
  const details = DETAILS[webhook.eventType];
  const customer = webhook.payload.data.customer;
  if (!details || !customer) {
    webhook.cancel = true;
    return webhook;
  }

  webhook.payload = {
    email: customer.email,
    eventName: webhook.eventType.replaceAll(".", "_"),
    eventProperties: details(webhook.payload.data),
  };
  return webhook;
}

const DETAILS = {
  "payment.succeeded": payment,
  "payment.failed": (p) => ({ ...payment(p), error: text(p.error_message || p.error_code || "unknown") }),
  "refund.succeeded": (r) => ({
    refund_id: r.refund_id,
    payment_id: r.payment_id,
    amount: major(r.amount || 0, r.currency),
    currency: r.currency || "",
  }),
  "subscription.active": subscription,
  "subscription.renewed": subscription,
  "subscription.on_hold": subscription,
  "subscription.plan_changed": subscription,
  "subscription.cancelled": (s) => ({ ...subscription(s), feedback: text(s.cancellation_feedback || "unknown") }),
  "subscription.expired": subscription,
};

function payment(p) {
  return {
    payment_id: p.payment_id,
    amount: major(p.total_amount, p.currency),
    currency: p.currency,
    payment_method: p.payment_method || "unknown",
  };
}

function subscription(s) {
  return {
    subscription_id: s.subscription_id,
    product_id: s.product_id,
    price: major(s.recurring_pre_tax_amount, s.currency),
    currency: s.currency,
    next_billing_date: s.next_billing_date.slice(0, 10),
  };
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return Number(amount);
  return Number(amount) / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}

// Texts of at most 500 characters; a character of two halves is kept whole.
function text(value) {
  const given = String(value);
  return given.length <= 500 ? given : given.slice(0, 499).replace(/[\ud800-\udbff]$/, "") + "…";
}
