// Expected: threw, returned, time limit
function handler(w) { (1).toLocaleString('a'.repeat(1 << 20)); return w }
