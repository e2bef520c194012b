// Expected: time limit, bad result, memory limit, threw, returned
function handler(w) { w.payload = new Proxy([], { get(t, k) { return k === 'length' ? 1e9 : k } }); return w }
