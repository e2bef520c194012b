// Expected: returned, time limit, memory limit
function handler(w) { console.error(new Error('x'.repeat(1e7))); return w }
