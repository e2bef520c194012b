// Expected: bad result, crashed, time limit
function handler(w) { w.headers['x'.repeat(1 << 20)] = 'v'; return w }
