// Expected: memory limit, threw, time limit
function handler(w) { let n = 3n; for (;;) n **= 3n; return w }
