// Expected: bad result, crashed, memory limit, time limit
function handler(w) { w.headers.a = 'x'.repeat(2e7); return w }
