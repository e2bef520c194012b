// Expected: bad result
function handler(w) { w.payload = Symbol('x'); return w }
