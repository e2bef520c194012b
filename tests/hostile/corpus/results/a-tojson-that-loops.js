// Expected: time limit
function handler(w) { w.payload = { toJSON() { for (;;); } }; return w }
