// A plain mail for each payment that succeeded. The sender's address comes from the form.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded" || !webhook.env.FROM_EMAIL) return null;

  const p = webhook.payload.data;
  webhook.url = "https://api.brevo.com/v3/smtp/email";
  webhook.payload = {
    sender: { email: webhook.env.FROM_EMAIL },
    to: [{ email: p.customer.email }],
    subject: "Your payment of " + major(p.total_amount, p.currency) + " " + p.currency,
    textContent: "Hello " + text(p.customer.name) + ",\n\nthank you! We received your payment " + p.payment_id + ".",
    headers: { IdempotencyKey: webhook.id },
  };
  return webhook;
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return Number(amount);
  return Number(amount) / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}

// Texts of at most 100 characters; a character of two halves is kept whole.
function text(value) {
  const given = String(value);
  return given.length <= 100 ? given : given.slice(0, 99).replace(/[\ud800-\udbff]$/, "") + "…";
}
