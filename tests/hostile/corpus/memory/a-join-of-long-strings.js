// Expected: memory limit, threw, time limit
function handler(w) { Array(1e5).fill('x'.repeat(1e4)).join(); return w }
