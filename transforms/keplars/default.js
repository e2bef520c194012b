/**
 * Sends customers a mail about their payments, refunds and subscriptions by Keplars.
 *
 * Other event types are cancelled. To write another mail, add it to MAILS: a subject, and the paragraphs below it.
 */
function handler(webhook) {
  const write = MAILS[webhook.eventType];
  const customer = webhook.payload.data.customer;
  if (!write || !customer) {
    webhook.cancel = true;
    return webhook;
  }

  const name = cut(customer.name, 100);
  const [subject, paragraphs] = write(webhook.payload.data);
  const text = ["Hello " + name + ",", ...paragraphs];
  const html = text.map((each) => "<p>" + escape(each) + "</p>").join("\n");
  webhook.payload = { to: [customer.email], from: webhook.env.FROM_EMAIL, subject, body: html, is_html: true };
  if (webhook.env.FROM_NAME) webhook.payload.from_name = webhook.env.FROM_NAME;
  return webhook;
}

const MAILS = {
  "payment.succeeded": (p) => ["Your payment of " + money(p.total_amount, p.currency), [
    "Thank you! We received your payment of " + money(p.total_amount, p.currency) + ".",
    "Payment: " + p.payment_id,
  ]],
  "payment.failed": (p) => ["Your payment could not be made", [
    "Your payment of " + money(p.total_amount, p.currency) + " could not be made.",
    "Please try again, or use another card.",
  ]],
  "refund.succeeded": (r) => ["Your refund is on its way", [
    "We refunded " + (money(r.amount, r.currency) || "your payment") + ". It can take some days to reach your account.",
    "Payment: " + r.payment_id,
  ]],
  "subscription.active": (s) => ["Welcome! Your subscription is active", [
    "Your subscription is active. The next charge is on " + s.next_billing_date.slice(0, 10) + ".",
  ]],
  "subscription.on_hold": (s) => ["Your subscription is on hold", [
    "We could not charge the renewal of " + money(s.recurring_pre_tax_amount, s.currency) + ".",
    "Please update your payment method.",
  ]],
  "subscription.cancelled": () => ["Your subscription is cancelled", [
    "We are sorry to see you go. You can come back at any time.",
  ]],
};

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

// Customers choose their names; in HTML they must stay text.
function escape(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}
