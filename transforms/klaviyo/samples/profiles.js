// Keeps plan and status in the customer's profile, so that segments can ask for them. Klaviyo creates a profile that it
// does not have yet. Sends no event, so no flow starts.
function handler(webhook) {
  if (!webhook.eventType.startsWith("subscription.")) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  webhook.url = "https://a.klaviyo.com/api/profile-import";
  webhook.payload = {
    data: {
      type: "profile",
      attributes: {
        email: data.customer.email,
        external_id: data.customer.customer_id,
        properties: {
          dodo_plan: data.product_id,
          dodo_status: data.status,
          dodo_next_billing: data.next_billing_date.slice(0, 10),
        },
      },
    },
  };
  return webhook;
}
