/**
 * Keeps a subscriber of MailerLite up to date for each customer: made when it is new, changed otherwise.
 *
 * Event types that say nothing about a customer are cancelled. The fields must exist in MailerLite, which drops others.
 */
function handler(webhook) {
  const fields = FIELDS[webhook.eventType];
  const customer = webhook.payload.data.customer;
  if (!fields || !customer) {
    webhook.cancel = true;
    return webhook;
  }

  webhook.payload = { email: customer.email, fields: { name: text(customer.name), ...fields(webhook.payload.data) } };
  if (webhook.env.GROUP_ID) webhook.payload.groups = [webhook.env.GROUP_ID];
  return webhook;
}

const FIELDS = {
  "payment.succeeded": (p) => ({
    last_payment: major(p.total_amount, p.currency),
    currency: p.currency,
    last_payment_date: p.created_at.slice(0, 10),
  }),
  "payment.failed": (p) => ({ last_failed_payment_date: p.created_at.slice(0, 10) }),
  "subscription.active": subscription,
  "subscription.renewed": subscription,
  "subscription.on_hold": subscription,
  "subscription.plan_changed": subscription,
  "subscription.cancelled": subscription,
  "subscription.expired": subscription,
};

function subscription(s) {
  return { subscription_status: s.status, plan: s.product_id, next_billing_date: s.next_billing_date.slice(0, 10) };
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return Number(amount);
  return Number(amount) / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}

// Texts of at most 250 characters; a character of two halves is kept whole.
function text(value) {
  const given = String(value);
  return given.length <= 250 ? given : given.slice(0, 249).replace(/[\ud800-\udbff]$/, "") + "…";
}
