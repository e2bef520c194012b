function handler(w) {
  const d = w.payload.data;
  w.payload = { city: d.billing?.city, zip: d?.["billing"]?.zipcode ?? null, call: d.nope?.(), deep: d.a?.b.c.d, idx: d.product_cart?.[0]?.product_id, n: d.tax ?? d.fee ?? -1, or: d.error_code || "none", and: d.customer && d.customer.email };
  return w;
}
