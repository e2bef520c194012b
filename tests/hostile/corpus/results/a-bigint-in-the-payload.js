// Expected: threw
function handler(w) { w.payload = 1n; return w }
