// Expected: returned
function handler(w) { w.payload = [NaN, Infinity, -Infinity, -0]; return w }
