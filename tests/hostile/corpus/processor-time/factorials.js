// Expected: time limit, memory limit
function handler(w) { let n = 1n; for (let i = 1n; ; i++) n *= i; return w }
