// Expected: memory limit, time limit
function handler(w) { const o = {}; for (let i = 0; ; i++) o['p' + i] = i; return w }
