// Expected: threw
function handler(w) { throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } }); return w }
