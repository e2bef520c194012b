/**
 * Keeps HubSpot's contacts up to date: POST /crm/v3/objects/contacts/batch/upsert, by e-mail address.
 *
 * - Payments and subscriptions create the contact or complete it. Who has paid becomes a customer.
 * - Everything else is cancelled: it names no e-mail address, or says nothing that belongs into a contact.
 *
 * HubSpot refuses properties that do not exist, so only its own are written here. To fill properties of your own,
 * create them in HubSpot first and add them to `properties`, always as text. HubSpot knows contacts by its own ids and by
 * e-mail, never by Dodo's cus_….
 */
function handler(webhook) {
  const { customer, billing } = webhook.payload.data;
  if (!EVENTS.includes(webhook.eventType) || !customer || !customer.email) {
    webhook.cancel = true;
    return webhook;
  }

  const [first, ...more] = customer.name.trim().split(/\s+/);
  const properties = {
    email: customer.email,
    firstname: first,
    lastname: more.join(" "),
    phone: customer.phone_number,
    company: webhook.payload.data.customer_business_name,
    lifecyclestage: PAID.includes(webhook.eventType) ? "customer" : "",
  };
  if (billing) {
    Object.assign(properties, {
      address: billing.street,
      city: billing.city,
      state: billing.state,
      zip: billing.zipcode,
      country: billing.country,
    });
  }

  webhook.payload = { inputs: [{ id: customer.email, idProperty: "email", properties: filled(properties) }] };
  return webhook;
}

const EVENTS = [
  "payment.succeeded",
  "payment.failed",
  "subscription.active",
  "subscription.renewed",
  "subscription.plan_changed",
  "subscription.updated",
];
const PAID = ["payment.succeeded", "subscription.active", "subscription.renewed"];

// An empty text would erase what HubSpot has, so it is left out. Longer texts than these are no names or streets.
function filled(properties) {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, value]) => value)
      .map(([name, value]) => [name, Array.from(String(value)).slice(0, 250).join("")]),
  );
}
