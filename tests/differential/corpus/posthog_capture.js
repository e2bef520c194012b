function handler(w) {
  w.url = "https://eu.i.posthog.com/capture/";
  w.payload = { api_key: w.env.KEY, event: w.eventType, distinct_id: w.payload.data.customer?.email, properties: { $set: w.payload.data.customer ?? {}, value: w.payload.data.amount }, timestamp: w.payload.timestamp };
  return w;
}
