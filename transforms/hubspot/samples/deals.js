// Every payment as a won deal. A repeated event changes the same deal: for that, create the deal property
// dodo_payment_id (single-line text) in HubSpot first and tick "Require unique values".
// The deal is not linked to the contact: HubSpot links by its own ids, which Dodo's events do not hold.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  const name = Array.from(data.customer.name).slice(0, 200).join("");
  webhook.url = "https://api.hubapi.com/crm/v3/objects/deals/batch/upsert";
  webhook.payload = {
    inputs: [
      {
        id: data.payment_id,
        idProperty: "dodo_payment_id",
        properties: {
          dealname: (name || data.customer.email) + " · " + data.payment_id,
          // In the currency of the payment. An account with several currencies can also set deal_currency_code.
          amount: String(major(data.total_amount, data.currency)),
          closedate: data.created_at,
          pipeline: "default",
          dealstage: "closedwon",
        },
      },
    ],
  };
  return webhook;
}

// Dodo counts in the smallest unit: cents for USD, but whole yen for JPY and thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function major(amount, currency) {
  if (NO_DECIMALS.includes(currency)) return amount;
  return amount / (THREE_DECIMALS.includes(currency) ? 1000 : 100);
}
