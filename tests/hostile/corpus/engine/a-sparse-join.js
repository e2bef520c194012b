// Expected: memory limit, threw, time limit
function handler(w) { new Array(4e8).join(); return w }
