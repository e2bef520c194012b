function handler(w) {
  const q = new URLSearchParams("?a=1&b=2&a=3&c=%20d+e&f");
  w.payload = { a: q.getAll("a"), b: q.get("b"), c: q.get("c"), f: q.get("f"), z: q.get("z"), keys: [...q.keys()], text: String(q), size: q.size };
  return w;
}
