// Expected: threw, time limit
function handler(w) { throw new Error('x'.repeat(3e7)); return w }
