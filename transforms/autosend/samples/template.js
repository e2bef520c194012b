// Fills a template of yours about payments.
function handler(webhook) {
  const data = webhook.payload.data;
  if (
    !webhook.eventType.startsWith("payment.") || !webhook.env.TEMPLATE_ID || webhook.eventType === "payment.processing"
  ) {
    webhook.cancel = true;
    return webhook;
  }

  const values = {
    event: webhook.eventType,
    name: cut(data.customer.name, 100),
    amount: money(data.total_amount, data.currency),
    payment_id: data.payment_id,
    date: data.created_at.slice(0, 10),
  };
  webhook.payload = {
    to: { email: data.customer.email, name: values.name },
    from: { email: webhook.env.FROM_EMAIL },
    templateId: webhook.env.TEMPLATE_ID,
    dynamicData: values,
  };
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
