/**
 * Sends one row to the script in your spreadsheet for payments, refunds, disputes and subscriptions.
 *
 * - The script adds a column for each name in `row`, and writes an event that comes again over its row.
 * - Everything else is cancelled. To add another event type, add its first word to FAMILIES.
 *
 * The variable TOKEN comes from the form. The script refuses requests without it.
 */
function handler(webhook) {
  const data = webhook.payload.data;
  if (!FAMILIES.includes(webhook.eventType.split(".")[0])) {
    webhook.cancel = true;
    return webhook;
  }

  const customer = data.customer || {};
  webhook.payload = {
    token: webhook.env.TOKEN || "",
    id: webhook.id,
    sheet: "Events",
    row: {
      Time: webhook.payload.timestamp,
      Event: webhook.eventType,
      Customer: plain(customer.name),
      Email: plain(customer.email),
      Amount: major(data.total_amount ?? data.recurring_pre_tax_amount ?? data.amount, data.currency),
      Currency: data.currency || "",
      Status: data.status || data.dispute_status || "",
      "Dodo ID": data.refund_id || data.dispute_id || data.payment_id || data.subscription_id,
    },
  };
  return webhook;
}

const FAMILIES = ["payment", "refund", "dispute", "subscription"];

// A text that begins like a formula would be calculated; the apostrophe keeps it a text and is not shown.
function plain(value) {
  const text = Array.from(value || "").slice(0, 1000).join("");
  return /^[=+@-]/.test(text) ? "'" + text : text;
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
