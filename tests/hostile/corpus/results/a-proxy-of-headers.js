// Expected: threw
function handler(w) { w.headers = new Proxy({}, { ownKeys() { throw 1 } }); return w }
