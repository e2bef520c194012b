// Expected: returned
function handler(w) { const o = { toJSON() { return o } }; w.payload = o; return w }
