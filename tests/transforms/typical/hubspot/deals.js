// A deal that is linked to a contact of Dodo instead of one of HubSpot.
function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const data = webhook.payload.data;
  webhook.url = "https://api.hubapi.com/crm/v3/objects/deals";
  webhook.payload = {
    properties: {
      dealname: "Payment of " + data.customer.name,
      amount: (data.total_amount / 100).toFixed(2),
      dealstage: "closedwon",
      pipeline: "default",
    },
    associations: [
      {
        to: { id: data.customer.customer_id },
        types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 3 }],
      },
    ],
  };
  return webhook;
}
