// Expected: returned
function handler(w) { Object.defineProperty(Array, Symbol.species, { get() { throw 1 } }); w.payload = [1]; return w }
