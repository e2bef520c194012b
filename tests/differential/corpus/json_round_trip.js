function handler(w) {
  const copy = JSON.parse(JSON.stringify(w.payload, (k, v) => (k.endsWith("_at") ? undefined : v)), (k, v) => (typeof v === "string" && v.length > 20 ? v.slice(0, 20) + "…" : v));
  w.payload = { copy, text: JSON.stringify({ a: undefined, b: () => 1, c: NaN, d: new Date(0), e: [undefined] }, null, "\t"), keep: JSON.stringify(w.payload.data, ["status", "currency"]) };
  return w;
}
