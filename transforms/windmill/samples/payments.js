// Payments that succeeded, without nesting.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  webhook.payload = { id: webhook.id, ...flat(webhook.payload) };
  return webhook;
}

// The fields that workflows use most, without nesting.
function flat(event) {
  const data = event.data;
  const amount = data.total_amount ?? data.recurring_pre_tax_amount ?? data.amount;
  return {
    event: event.type,
    time: event.timestamp,
    customer_name: data.customer ? data.customer.name : "",
    customer_email: data.customer ? data.customer.email : "",
    customer_id: data.customer ? data.customer.customer_id : data.customer_id || "",
    amount: amount === undefined || amount === null
      ? ""
      : data.currency
      ? major(amount, data.currency)
      : Number(amount),
    currency: data.currency || "",
    status: data.status || "",
    payment_id: data.payment_id || "",
    subscription_id: data.subscription_id || "",
    product_id: data.product_id || "",
  };
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return Number(amount);
  return Number(amount) / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}
