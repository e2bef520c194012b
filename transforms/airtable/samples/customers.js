// One row for each customer, found by the e-mail address. The table needs Email (email), Name (single line text), Country
// (single line text), Plan (single line text), Status (single line text) and Next billing (date).
function handler(webhook) {
  if (!webhook.eventType.startsWith("subscription.")) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  webhook.method = "PATCH";
  webhook.payload = {
    performUpsert: { fieldsToMergeOn: ["Email"] },
    typecast: true,
    records: [
      {
        fields: {
          Email: data.customer.email,
          Name: Array.from(data.customer.name).slice(0, 500).join(""),
          Country: data.billing.country,
          Plan: data.product_id,
          Status: data.status,
          "Next billing": data.next_billing_date.slice(0, 10),
        },
      },
    ],
  };
  return webhook;
}
