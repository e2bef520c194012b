// A lead for each subscription that starts, with the click that your site put into the checkout's metadata.
function handler(webhook) {
  const data = webhook.payload.data;
  const click = data.metadata ? data.metadata.dub_click_id : "";
  if (webhook.eventType !== "subscription.active" || !click) return null;

  webhook.url = "https://api.dub.co/track/lead";
  webhook.payload = {
    clickId: String(click),
    eventName: "Subscription started",
    customerExternalId: data.customer.customer_id,
    customerEmail: Array.from(data.customer.email).slice(0, 100).join(""),
  };
  return webhook;
}
