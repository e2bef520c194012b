const cache = new WeakMap();
function handler(w) { cache.set(w.payload, 1); w.payload = { has: cache.has(w.payload), ref: new WeakRef(w.payload).deref() === w.payload, set: new WeakSet([w]).has(w) }; return w; }
