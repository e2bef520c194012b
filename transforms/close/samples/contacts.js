// One contact for each first payment of a customer. Close creates a lead of the same name for it.
function handler(webhook) {
  const data = webhook.payload.data;
  // A renewal is no first payment; charge_type is absent in older payments.
  if (webhook.eventType !== "payment.succeeded" || (data.charge_type && data.charge_type !== "new")) {
    webhook.cancel = true;
    return webhook;
  }

  const { name, email, phone_number } = data.customer;
  webhook.url = "https://api.close.com/api/v1/contact/";
  webhook.payload = {
    name: Array.from(name || email).slice(0, 200).join(""),
    emails: [{ email, type: "office" }],
    phones: phone_number ? [{ phone: phone_number, type: "office" }] : [],
  };
  return webhook;
}
