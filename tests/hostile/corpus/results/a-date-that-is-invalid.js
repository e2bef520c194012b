// Expected: returned
function handler(w) { w.payload = { at: new Date(NaN) }; return w }
