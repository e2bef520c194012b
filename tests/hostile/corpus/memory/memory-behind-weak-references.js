// Expected: memory limit, time limit, returned
function handler(w) { const a = []; for (;;) a.push(new WeakRef({ x: 'y'.repeat(1000) + a.length })); return w }
