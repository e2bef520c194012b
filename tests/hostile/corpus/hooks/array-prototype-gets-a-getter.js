// Expected: returned, threw
function handler(w) { Object.defineProperty(Array.prototype, 0, { get() { throw 1 }, set() { throw 2 } }); return w }
