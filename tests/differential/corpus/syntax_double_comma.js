function handler(webhook) {
  webhook.payload = { a: 1 b: 2 };
  return webhook;
}
