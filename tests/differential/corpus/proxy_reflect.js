function handler(w) {
  const seen = [];
  const p = new Proxy(w.payload.data, { get(t, k, r) { if (typeof k === "string") seen.push(k); return Reflect.get(t, k, r); }, has: (t, k) => k.startsWith("s") });
  const s = p.status; const has = "status" in p;
  w.payload = { s, has, seen, keys: Reflect.ownKeys({ b: 1, 1: 1, a: 1 }) };
  return w;
}
