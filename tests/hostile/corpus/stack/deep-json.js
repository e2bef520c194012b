// Expected: threw, returned, memory limit, time limit
function handler(w) { JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)); return w }
