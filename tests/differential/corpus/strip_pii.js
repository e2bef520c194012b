function handler(w) {
  const drop = new Set(["email", "phone_number", "name", "billing", "card_holder_name"]);
  const clean = (v) => Array.isArray(v) ? v.map(clean) : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).filter(([k]) => !drop.has(k)).map(([k, x]) => [k, clean(x)])) : v;
  w.payload = clean(w.payload);
  return w;
}
