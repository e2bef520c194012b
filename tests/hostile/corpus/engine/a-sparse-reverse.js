// Expected: memory limit, threw, time limit
function handler(w) { const a = []; a[2 ** 32 - 2] = 1; a.reverse(); return w }
