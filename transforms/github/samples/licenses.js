// License keys that were created, without the key itself: workflows' logs are read by many.
function handler(webhook) {
  if (webhook.eventType !== "license_key.created") return null;

  const { id, product_id, customer_id } = webhook.payload.data;
  webhook.payload = { event_type: "license_key", client_payload: { id, product_id, customer_id } };
  return webhook;
}
