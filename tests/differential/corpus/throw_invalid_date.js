function handler(webhook) {
  const when = new Date(webhook.payload.data.date_of_birth);
  webhook.payload = { when: when.toISOString() };
  return webhook;
}
