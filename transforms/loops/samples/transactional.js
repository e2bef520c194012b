// A transactional mail for each payment. Its id comes from the form, as webhook.env.TEMPLATE_ID.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded" || !webhook.env.TEMPLATE_ID) return null;

  const p = webhook.payload.data;
  webhook.url = "https://app.loops.so/api/v1/transactional";
  webhook.payload = {
    email: p.customer.email,
    transactionalId: webhook.env.TEMPLATE_ID,
    dataVariables: { name: text(p.customer.name), amount: major(p.total_amount, p.currency), currency: p.currency },
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

// Texts of at most 500 characters; a character of two halves is kept whole.
function text(value) {
  const given = String(value);
  return given.length <= 500 ? given : given.slice(0, 499).replace(/[\ud800-\udbff]$/, "") + "…";
}
