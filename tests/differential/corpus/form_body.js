function handler(w) {
  const d = w.payload.data;
  w.headers = { "content-type": "application/x-www-form-urlencoded" };
  const form = new URLSearchParams({ event: w.eventType, id: d.payment_id ?? d.subscription_id ?? d.id ?? "", note: "a b&c=d+é" });
  form.append("tag", "x"); form.append("tag", "y");
  form.sort();
  w.payload = form.toString();
  return w;
}
