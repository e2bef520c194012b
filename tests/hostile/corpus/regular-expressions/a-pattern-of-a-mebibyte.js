// Expected: returned, threw, memory limit, time limit
function handler(w) { new RegExp('a'.repeat(1 << 20)); return w }
