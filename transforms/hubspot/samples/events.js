// Payments as custom events on the contact's timeline. In HubSpot, define the events first (Data Management, Event
// Management, Custom events via API) and give their names here; each begins with pe and the number of your account.
const NAMES = {
  "payment.succeeded": "pe00000000_dodo_payment_succeeded",
  "payment.failed": "pe00000000_dodo_payment_failed",
};

function handler(webhook) {
  const eventName = NAMES[webhook.eventType];
  if (!eventName) {
    webhook.cancel = true;
    return webhook;
  }

  const data = webhook.payload.data;
  webhook.url = "https://api.hubapi.com/events/2026-03/send";
  webhook.payload = {
    eventName,
    email: data.customer.email,
    occurredAt: webhook.payload.timestamp,
    // The same in every attempt, so that HubSpot can tell a repeated event.
    uuid: uuid(webhook.id),
    properties: {
      dodo_payment_id: data.payment_id,
      amount: String(data.total_amount), // in the smallest unit of the currency, such as cents
      currency: data.currency,
    },
  };
  return webhook;
}

function uuid(text) {
  const hex = crypto.md5(text);
  return [hex.slice(0, 8), hex.slice(8, 12), "3" + hex.slice(13, 16), "8" + hex.slice(17, 20), hex.slice(20)].join("-");
}
