// Expected: threw
function handler(w) { throw Object.defineProperty(new Error, 'name', { get() { throw 1 } }); return w }
