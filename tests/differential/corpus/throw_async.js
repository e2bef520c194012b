async function load(webhook) {
  await null;
  return webhook.payload.data.customer.addresses[0].street;
}
async function handler(webhook) {
  const street = await load(webhook);
  webhook.payload = { street };
  return webhook;
}
