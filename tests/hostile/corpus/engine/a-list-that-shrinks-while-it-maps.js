// Expected: returned, time limit, memory limit, threw
function handler(w) { const a = Array(1e5).fill({}); a.map(() => { a.length = 0 }); return w }
