// Expected: memory limit, threw, time limit
function handler(w) { new ArrayBuffer(2 ** 30); return w }
