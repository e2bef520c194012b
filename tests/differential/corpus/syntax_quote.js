function handler(webhook) {
  webhook.payload = { text: 'it's here' };
  return webhook;
}
