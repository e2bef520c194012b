/**
 * Creates a lead in Close with its contact (POST /api/v1/lead/) when somebody becomes a customer: when a one-off purchase
 * is paid and when a subscription starts.
 *
 * - Everything else is cancelled. Close would create one more lead for each event: it does not merge leads.
 * - When the metadata of the checkout names a lead as close_lead_id, that lead gets a contact instead.
 *
 * For fields of your own, add `"custom.cf_…": value` beside the name; Close shows the id of a field in its settings.
 */
function handler(webhook) {
  const data = webhook.payload.data;
  const bought = webhook.eventType === "subscription.active" ||
    (webhook.eventType === "payment.succeeded" && !data.subscription_id);
  if (!bought) {
    webhook.cancel = true;
    return webhook;
  }

  const { customer, metadata } = data;
  const contact = { name: cut(customer.name || customer.email), emails: [{ email: customer.email, type: "office" }] };
  if (customer.phone_number) contact.phones = [{ phone: customer.phone_number, type: "office" }];

  if (metadata && metadata.close_lead_id) {
    webhook.url = "https://api.close.com/api/v1/contact/";
    webhook.payload = { lead_id: String(metadata.close_lead_id), ...contact };
    return webhook;
  }

  const what = data.subscription_id
    ? "Subscription " + data.subscription_id + ", product " + data.product_id
    : "Payment " + data.payment_id + ", " + money(data.total_amount, data.currency);
  webhook.payload = {
    name: cut(data.customer_business_name || customer.name || customer.email),
    description: "Customer of Dodo Payments (" + customer.customer_id + "). " + what + ".",
    contacts: [contact],
  };
  return webhook;
}

function cut(text) {
  return Array.from(text).slice(0, 200).join("");
}

// Such as "49.99 USD". Dodo counts in the smallest unit: whole yen for JPY, thousandths for KWD.
const NO_DECIMALS = "BIF CLP DJF GNF JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" ");
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND".split(" ");

function money(amount, currency) {
  const decimals = NO_DECIMALS.includes(currency) ? 0 : THREE_DECIMALS.includes(currency) ? 3 : 2;
  return (amount / 10 ** decimals).toFixed(decimals) + " " + currency;
}
