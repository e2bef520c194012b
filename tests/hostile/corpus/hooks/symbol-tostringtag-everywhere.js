// Expected: returned
function handler(w) { Object.prototype[Symbol.toStringTag] = 'x'; w.payload = {}; return w }
