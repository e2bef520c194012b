// Expected: bad result, crashed, threw, time limit
function handler(w) { let o = 1; for (let i = 0; i < 1e5; i++) o = [o]; w.payload = o; return w }
