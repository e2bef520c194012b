// Expected: threw, returned, memory limit, time limit
function handler(w) { new RegExp('(a)'.repeat(1e6)); return w }
