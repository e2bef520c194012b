/**
 * Adds a row to a database in Notion (POST /v1/pages) for payments, refunds, disputes and subscriptions.
 *
 * - The database needs the properties that `properties` names, each of the type that the helper beside it makes.
 * - Everything else is cancelled. To add another event type, add a line to TITLES.
 *
 * The variable DATA_SOURCE_ID comes from the form.
 */
function handler(webhook) {
  const title = TITLES[webhook.eventType];
  if (!title) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const customer = data.customer || {};
  const amount = data.total_amount ?? data.recurring_pre_tax_amount ?? data.amount;
  const properties = {
    Event: { title: text(title) },
    Customer: { rich_text: text(customer.name) },
    Email: { email: customer.email && customer.email.length <= 200 ? customer.email : null },
    Amount: { number: major(amount, data.currency) },
    Currency: { select: data.currency ? { name: data.currency } : null },
    Date: { date: { start: webhook.payload.timestamp } },
    "Dodo ID": { rich_text: text(data.refund_id || data.dispute_id || data.payment_id || data.subscription_id) },
  };

  webhook.payload = {
    parent: { type: "data_source_id", data_source_id: webhook.env.DATA_SOURCE_ID || "" },
    properties,
  };
  return webhook;
}

const TITLES = {
  "payment.succeeded": "Payment received",
  "payment.failed": "Payment failed",
  "refund.succeeded": "Payment refunded",
  "refund.failed": "Refund failed",
  "dispute.opened": "Dispute opened",
  "dispute.won": "Dispute won",
  "dispute.lost": "Dispute lost",
  "subscription.active": "Subscription started",
  "subscription.renewed": "Subscription renewed",
  "subscription.plan_changed": "Subscription plan changed",
  "subscription.on_hold": "Subscription on hold",
  "subscription.past_due": "Subscription past due",
  "subscription.paused": "Subscription paused",
  "subscription.cancelled": "Subscription cancelled",
  "subscription.expired": "Subscription expired",
};

// Notion takes at most 2,000 characters a piece. Nothing in it is read as markup.
function text(value) {
  const content = Array.from(value || "").slice(0, 900).join("");
  return content ? [{ type: "text", text: { content } }] : [];
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD. A dispute's amount is
// text.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (amount === null || amount === undefined) return null;
  if (NO_DECIMALS.includes(currency)) return Number(amount);
  return Number(amount) / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}
