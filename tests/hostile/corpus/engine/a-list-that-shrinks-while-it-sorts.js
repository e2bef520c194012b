// Expected: returned, time limit, memory limit, threw
function handler(w) { const a = Array.from({ length: 1000 }, (_, i) => i); a.sort((x, y) => { a.length = 0; return x - y }); return w }
