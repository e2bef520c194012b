// Expected: memory limit, threw, time limit
function handler(w) { 'x'.padEnd(2 ** 29); return w }
