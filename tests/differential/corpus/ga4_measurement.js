function handler(w) {
  const d = w.payload.data;
  const u = new URL("https://www.google-analytics.com/mp/collect");
  u.searchParams.set("measurement_id", "G-XXXX");
  u.searchParams.append("api_secret", w.env.KEY + " &=ü");
  w.url = u.toString();
  w.payload = { client_id: d.customer?.customer_id ?? "x", events: [{ name: w.eventType.replace(/\W+/g, "_"), params: { value: (d.total_amount ?? 0) / 100, currency: d.currency } }] };
  return w;
}
