// Expected: returned
function handler(w) { w.payload = typeof w.constructor.constructor('return this')().process; return w }
