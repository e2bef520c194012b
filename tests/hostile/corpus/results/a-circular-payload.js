// Expected: threw
function handler(w) { w.payload.self = w.payload; return w }
