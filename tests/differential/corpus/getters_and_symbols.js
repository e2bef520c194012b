function handler(w) {
  const tag = Symbol("tag");
  const o = { get full() { return this.a + this.b; }, a: 1, b: 2, [tag]: "hidden", set x(v) { this.a = v; } };
  o.x = 5;
  w.payload = { o, keys: Object.keys(o), has: tag in o, desc: tag.description, own: Object.getOwnPropertyNames(o) };
  console.log(o);
  return w;
}
