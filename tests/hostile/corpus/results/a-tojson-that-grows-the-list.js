// Expected: returned, time limit, memory limit, bad result
function handler(w) { const a = [1]; a[0] = { toJSON() { a.push(a[0]); return 1 } }; w.payload = a; return w }
