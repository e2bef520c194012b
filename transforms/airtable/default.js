/**
 * Keeps a table in Airtable with one row for each payment, refund, dispute and subscription (PATCH with performUpsert).
 *
 * - The row is found by its Dodo ID, so later events and repeated ones change it instead of adding another.
 * - `typecast` lets Airtable turn texts into what the field holds, such as an option of a select.
 * - The table needs the fields that `fields` names. Everything without such a row is cancelled.
 */
function handler(webhook) {
  const data = webhook.payload.data;
  const [family] = webhook.eventType.split(".");
  const id = {
    payment: data.payment_id,
    refund: data.refund_id,
    dispute: data.dispute_id,
    subscription: data.subscription_id,
  }[family];
  if (!id) {
    webhook.cancel = true;
    return webhook;
  }

  const customer = data.customer || {};
  const fields = {
    "Dodo ID": id,
    Type: family,
    Status: data.status || data.dispute_status || "unknown",
    Customer: Array.from(customer.name || "").slice(0, 500).join(""),
    Email: customer.email || "",
    Amount: major(data.total_amount ?? data.recurring_pre_tax_amount ?? data.amount, data.currency),
    Currency: data.currency || "",
    Updated: webhook.payload.timestamp,
  };

  webhook.method = "PATCH";
  webhook.payload = { performUpsert: { fieldsToMergeOn: ["Dodo ID"] }, typecast: true, records: [{ fields }] };
  return webhook;
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
