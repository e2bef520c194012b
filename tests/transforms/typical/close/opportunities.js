// The value as a text, Dodo's word for the period, and Dodo's id for the lead.
function handler(webhook) {
  if (webhook.eventType === "subscription.active") {
    const data = webhook.payload.data;
    webhook.url = "https://api.close.com/api/v1/opportunity/";
    webhook.payload = {
      lead_id: data.customer.customer_id,
      title: "Subscription of " + data.customer.name,
      value: (data.recurring_pre_tax_amount / 100).toFixed(2),
      value_period: data.payment_frequency_interval,
    };
  }
  return webhook;
}
