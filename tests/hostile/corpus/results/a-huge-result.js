// Expected: bad result, time limit
function handler(w) { w.payload = 'x'.repeat(3e7); return w }
