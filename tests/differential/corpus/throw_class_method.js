class Mapper {
  constructor(data) { this.data = data; }
  email() { return this.data.contact.email; }
}
function handler(webhook) {
  const mapper = new Mapper(webhook.payload.data);
  webhook.payload = { email: mapper.email() };
  return webhook;
}
