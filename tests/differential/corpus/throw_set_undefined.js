function handler(webhook) {
  webhook.payload.attributes.email = webhook.payload.data.customer?.email;
  return webhook;
}
