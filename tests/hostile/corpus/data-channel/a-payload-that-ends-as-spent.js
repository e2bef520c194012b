// Expected: returned
function handler(w) { w.payload = { a: 1, spent: true }; return w }
