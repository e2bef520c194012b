const wait = (value) => Promise.resolve(value);
async function handler(w) {
  const order = [];
  const all = await Promise.allSettled([wait(1), Promise.reject(new Error("no")), (async () => { order.push("a"); await null; order.push("b"); return 3; })()]);
  order.push("c");
  const any = await Promise.any([Promise.reject(1), wait("ok")]);
  const race = await Promise.race([wait("x"), wait("y")]);
  w.payload = { all: all.map((r) => r.value ?? r.reason.message), order, any, race };
  return w;
}
