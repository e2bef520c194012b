// One event a payment, without a profile of the person.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;

  const data = webhook.payload.data;
  webhook.payload = {
    api_key: webhook.env.POSTHOG_KEY,
    event: "revenue",
    distinct_id: data.customer.customer_id,
    properties: {
      revenue: major(data.total_amount, data.currency),
      currency: data.currency,
      $process_person_profile: false,
    },
    timestamp: webhook.payload.timestamp,
    uuid: uuid(webhook.id),
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

// PostHog recognises a repeated event by its uuid: here made of the webhook-id, which is the same in every attempt.
function uuid(id) {
  return crypto.md5(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
