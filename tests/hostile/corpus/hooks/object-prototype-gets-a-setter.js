// Expected: returned
function handler(w) { Object.defineProperty(Object.prototype, 'is', { set() { throw 1 }, get() { throw 2 } }); return w }
