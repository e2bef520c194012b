// Writes the subscription into properties of the contact, so that lists and workflows can ask for them. Create these as
// single-line text first (Settings, Properties): dodo_customer_id, dodo_plan, dodo_status, dodo_price, dodo_next_billing.
function handler(webhook) {
  const data = webhook.payload.data;
  if (!webhook.eventType.startsWith("subscription.") || !data.customer.email) {
    webhook.cancel = true;
    return webhook;
  }

  webhook.payload = {
    inputs: [
      {
        id: data.customer.email,
        idProperty: "email",
        properties: {
          email: data.customer.email,
          dodo_customer_id: data.customer.customer_id,
          dodo_plan: data.product_id,
          dodo_status: data.status,
          dodo_price: money(data.recurring_pre_tax_amount, data.currency),
          dodo_next_billing: data.next_billing_date.slice(0, 10),
        },
      },
    ],
  };
  return webhook;
}

// Such as "49.99 USD". Dodo counts in the smallest unit: whole yen for JPY, thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function money(amount, currency) {
  const decimals = NO_DECIMALS.includes(currency) ? 0 : THREE_DECIMALS.includes(currency) ? 3 : 2;
  return (amount / 10 ** decimals).toFixed(decimals) + " " + currency;
}
