// Expected: returned, time limit, memory limit, threw
function handler(w) { Object.setPrototypeOf(Object.prototype, null); try { Object.setPrototypeOf(globalThis, new Proxy({}, { get() { for (;;); } })) } catch {}; return w }
