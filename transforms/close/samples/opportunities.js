// A won opportunity for each subscription that starts. Close adds it to the lead that the checkout's metadata names as
// close_lead_id; without one, Close creates a lead.
function handler(webhook) {
  if (webhook.eventType !== "subscription.active") {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const monthly = data.payment_frequency_interval === "Month" && data.payment_frequency_count === 1;
  const opportunity = {
    note: Array.from(data.customer.name).slice(0, 200).join("") + " · " + data.product_id + " · " +
      data.subscription_id,
    confidence: 100,
    value: hundredths(monthly ? data.recurring_pre_tax_amount : yearly(data), data.currency),
    value_currency: data.currency,
    value_period: monthly ? "monthly" : "annual",
    date_won: data.created_at.slice(0, 10),
  };
  if (webhook.env.WON_STATUS_ID) opportunity.status_id = webhook.env.WON_STATUS_ID;
  if (data.metadata && data.metadata.close_lead_id) opportunity.lead_id = String(data.metadata.close_lead_id);

  webhook.url = "https://api.close.com/api/v1/opportunity/";
  webhook.payload = opportunity;
  return webhook;
}

// Close knows monthly and annual values, so what is paid every week or every three months is counted for a year.
function yearly(data) {
  const times = { Day: 365, Week: 52, Month: 12, Year: 1 }[data.payment_frequency_interval] || 1;
  return data.recurring_pre_tax_amount * times / (data.payment_frequency_count || 1);
}

// Close wants a whole number of hundredths. Dodo counts whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function hundredths(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return Math.round(amount * 100);
  return Math.round(THREE_DECIMALS.includes(currency) ? amount / 10 : amount);
}
