// Values without their types, as if the database were a plain object.
function handler(webhook) {
  if (webhook.eventType === "payment.succeeded") {
    const data = webhook.payload.data;
    webhook.payload = {
      parent: { data_source_id: webhook.env.DATA_SOURCE_ID },
      properties: {
        Name: { title: data.customer.name },
        Email: data.customer.email,
        Amount: { number: (data.total_amount / 100).toFixed(2) },
      },
    };
  }
  return webhook;
}
