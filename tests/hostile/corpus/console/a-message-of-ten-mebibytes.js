// Expected: returned, time limit
function handler(w) { console.log('x'.repeat(1e7)); return w }
