// Expected: memory limit, threw, time limit
function handler(w) { Math.max(...Array(2e7).fill(1)); return w }
