// Expected: memory limit, returned, time limit
function handler(w) { (async function again() { await null; return again() })(); return w }
