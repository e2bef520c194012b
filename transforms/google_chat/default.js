/**
 * Posts a card about payments, refunds, disputes and subscriptions into a space of Google Chat.
 *
 * Everything else is cancelled: Google Chat refuses a body without text or cards. To hear of another event type, add a
 * line to MESSAGES.
 */
function handler(webhook) {
  const describe = MESSAGES[webhook.eventType];
  if (!describe) {
    webhook.cancel = true;
    return webhook;
  }

  const { title, facts, id } = describe(webhook.payload.data);
  // Google Chat posts a message with a known requestId only once, however often an attempt is repeated.
  webhook.url += (webhook.url.includes("?") ? "&" : "?") + "requestId=" + encodeURIComponent(webhook.id);
  const lines = facts.filter(Boolean).map((fact) => escape(cut(fact, 700)));
  webhook.payload = {
    cardsV2: [
      {
        cardId: "event",
        card: {
          header: { title: cut(title, 200) },
          sections: [{
            widgets: [{ textParagraph: { text: [...lines, escape(webhook.eventType + " · " + id)].join("<br>") } }],
          }],
        },
      },
    ],
  };
  return webhook;
}

const MESSAGES = {
  "payment.succeeded": (p) => payment("✅ Payment received", p),
  "payment.failed": (p) => payment("❌ Payment failed", p, p.error_message || p.error_code),
  "refund.succeeded": (r) => refund(r.is_partial ? "↩️ Part of a payment refunded" : "↩️ Payment refunded", r),
  "refund.failed": (r) => refund("❌ Refund failed", r),
  "dispute.opened": (d) => dispute("⚠️ Dispute opened", d),
  "dispute.accepted": (d) => dispute("Dispute accepted", d),
  "dispute.challenged": (d) => dispute("Dispute challenged", d),
  "dispute.cancelled": (d) => dispute("Dispute withdrawn", d),
  "dispute.expired": (d) => dispute("⚠️ Dispute not answered in time", d),
  "dispute.won": (d) => dispute("✅ Dispute won", d),
  "dispute.lost": (d) => dispute("❌ Dispute lost", d),
  "subscription.active": (s) => subscription("🎉 Subscription started", s, next(s)),
  "subscription.renewed": (s) => subscription("🔁 Subscription renewed", s, next(s)),
  "subscription.plan_changed": (s) => subscription("🔀 Plan changed", s, "Plan " + s.product_id),
  "subscription.on_hold": (s) => subscription("⚠️ Subscription on hold", s, "The renewal could not be charged"),
  "subscription.past_due": (s) => subscription("⚠️ Subscription past due", s, grace(s)),
  "subscription.paused": (s) => subscription("⏸️ Subscription paused", s),
  "subscription.unpaused": (s) => subscription("▶️ Subscription goes on", s),
  "subscription.cancelled": (s) => subscription("👋 Subscription cancelled", s, reason(s)),
  "subscription.failed": (s) => subscription("❌ Subscription could not start", s),
  "subscription.expired": (s) => subscription("Subscription expired", s),
};

function payment(title, p, ...more) {
  return { title, facts: [money(p.total_amount, p.currency), person(p.customer), ...more], id: p.payment_id };
}

function refund(title, r) {
  return { title, facts: [money(r.amount, r.currency), person(r.customer), r.reason], id: r.refund_id };
}

// Dodo does not promise to name the customer of a dispute.
function dispute(title, d) {
  const about = "About payment " + d.payment_id;
  return { title, facts: [money(d.amount, d.currency), person(d.customer), about, d.remarks], id: d.dispute_id };
}

function subscription(title, s, ...more) {
  const every = s.payment_frequency_count === 1 ? "" : s.payment_frequency_count + " ";
  const unit = s.payment_frequency_interval.toLowerCase() + (every ? "s" : "");
  const price = money(s.recurring_pre_tax_amount, s.currency) + " every " + every + unit;
  return { title, facts: [price, person(s.customer), ...more], id: s.subscription_id };
}

function person(customer) {
  return customer ? customer.name + " (" + customer.email + ")" : "";
}

function next(s) {
  return "Next charge on " + day(s.next_billing_date);
}

function grace(s) {
  return s.past_due_ends_at ? "Time to pay until " + day(s.past_due_ends_at) : "";
}

function reason(s) {
  return [(s.cancellation_feedback || "").replaceAll("_", " "), s.cancellation_comment].filter(Boolean).join(": ");
}

function day(moment) {
  return moment.slice(0, 10);
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD. A dispute's amount is
// text. The digits are moved as text, so nothing is rounded.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function money(amount, currency) {
  if (amount === null || amount === undefined) return "";
  const decimals = NO_DECIMALS.includes(currency) ? 0 : THREE_DECIMALS.includes(currency) ? 3 : 2;
  const [, sign, digits] = /^(-?)(\d+)/.exec(String(amount)) || ["", "", "0"];
  const padded = digits.padStart(decimals + 1, "0");
  const whole = padded.slice(0, padded.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  const rest = decimals ? "." + padded.slice(-decimals) : "";
  return sign + whole + rest + (currency ? " " + currency : "");
}

// At most so many characters; a character of two halves is kept whole.
function cut(value, most) {
  const text = String(value);
  if (text.length <= most) return text;
  return text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "") + "…";
}

// Cards of Google Chat read these as HTML.
function escape(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
