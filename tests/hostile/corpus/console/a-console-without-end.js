// Expected: memory limit, time limit
function handler(w) { for (;;) console.log('x'.repeat(1000)); return w }
