function handler(w) {
  const d = w.payload.data;
  const o = Object.assign({}, { b: 1, a: 2, 1: "x" }, null, { c: [d.status] });
  w.payload = [o, Object.entries(o), Object.fromEntries(new Map([["k", 1]])), Object.is(NaN, NaN), Object.hasOwn(o, "a"), "toString" in o, Object.getPrototypeOf(o) === Object.prototype, JSON.stringify(Object.getOwnPropertyDescriptor(o, "a")), Object.isFrozen(Object.freeze(o)), delete o.zzz, o?.["c"]?.[0], { ...d.customer, ...null }, Object.keys("ab"), typeof null, typeof undefined, typeof handler, void 0 ?? "v"];
  return w;
}
