function handler(w) {
  const d = w.payload.data;
  console.log("event %s has %d keys, %i %f %j %%", w.eventType, Object.keys(d).length, 4.9, "1.5", { a: 1 });
  console.info(d.customer ?? null); console.warn([1, "two", [3, [4, [5]]], { a: { b: { c: {} } } }]); console.error(new Date(w.payload.timestamp), /x/g, null, undefined, true, -0, 1n, Symbol("s"));
  console.debug(d); console.log(); console.log("%s", null, undefined, { toString() { return "x"; } }); console.log("%c styled", "color: red"); console.log(function named() {}, () => {}, class A {}, async () => {}, function* g() {});
  console.log([undefined, , null], "it's", ["it's", 'q"q', `b\`b`], { "a-b": 1, 2: 3 }, Object.create(null), new (class Foo { x = 1 })(), [["a", 1]], "multi\nline", ["multi\nline"]);
  console.log(new Error("logged").message, [new Set([[1]])], new Map([[{ a: 1 }, "b"]]), Object("s"), [1.5, -2, 1e21], "x".repeat(200), { long: "y".repeat(100), list: Array.from({ length: 120 }, (_, i) => i) });
  return w;
}
