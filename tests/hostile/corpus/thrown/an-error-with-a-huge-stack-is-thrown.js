// Expected: threw, time limit
function handler(w) { throw Object.assign(new Error('x'), { stack: 'y'.repeat(1e7) }); return w }
