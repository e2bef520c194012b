// Expected: threw, time limit
function handler(w) { const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.a; return w }
