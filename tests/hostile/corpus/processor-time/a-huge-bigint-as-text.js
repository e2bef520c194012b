// Expected: time limit, threw, memory limit, returned
function handler(w) { (2n ** 4000000n).toString(); return w }
