function handler(webhook) {
  const { type, timestamp, data } = webhook.payload;
  webhook.headers = { Authorization: "Basic " + btoa("site:key") };
  webhook.payload = { type: "event", action: "event", name: type, timestamp: Date.parse(timestamp) / 1000 | 0, identifiers: { id: data.customer?.customer_id ?? data.customer_id ?? null }, attributes: { ...data, customer: undefined, billing: undefined } };
  return webhook;
}
