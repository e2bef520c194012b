async function* events(d) { for (const k of Object.keys(d)) { await null; yield k; } }
async function handler(w) {
  const keys = [];
  for await (const key of events(w.payload.data)) { if (keys.length >= 3) break; keys.push(key); }
  w.payload = keys;
  return w;
}
