function handler(webhook) {
  const d = webhook.payload.data;
  const camel = (s) => s.replace(/[._]([a-z])/g, (_, c) => c.toUpperCase());
  const props = {};
  for (const key in d) if (typeof d[key] !== "object") props[camel(key)] = d[key];
  webhook.payload = { userId: d.customer?.customer_id || d.customer_id || "anon", event: webhook.eventType.split(".").map((w) => w[0].toUpperCase() + w.slice(1)).join(" "), properties: props, timestamp: webhook.payload.timestamp };
  webhook.headers["Authorization"] = `Basic ${btoa(webhook.env.KEY + ":")}`;
  return webhook;
}
