// Expected: returned
function handler(w) { w.payload = new Error().stack; return w }
