// One line for each payment that succeeded, and nothing else.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const p = webhook.payload.data;
  const line = money(p.total_amount, p.currency) + " from " + cut(p.customer.name, 200);
  webhook.payload = { text: escape(line) };
  return webhook;
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

// Slack reads these three characters as markup: <!channel> would ping everybody.
function escape(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
