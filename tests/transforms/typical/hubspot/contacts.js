// Dodo's customer id stands where HubSpot wants its own.
function handler(webhook) {
  const data = webhook.payload.data;
  const base = "https://api.hubapi.com/crm/v3/objects/contacts";
  switch (webhook.eventType) {
    case "payment.succeeded":
      webhook.url = base;
      webhook.payload = {
        properties: {
          email: data.customer.email,
          firstname: data.customer.name.split(" ")[0],
          amount: (data.total_amount / 100).toFixed(2),
          currency: data.currency,
        },
      };
      break;
    case "subscription.active":
      webhook.url = base + "/" + data.customer.customer_id;
      webhook.method = "PATCH";
      webhook.payload = { properties: { subscription_status: data.status, subscription_plan: data.product_id } };
      break;
  }
  return webhook;
}
