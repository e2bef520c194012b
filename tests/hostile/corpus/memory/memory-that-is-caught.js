// Expected: memory limit, time limit
function handler(w) { const a = []; for (;;) { try { for (;;) a.push('x'.repeat(1e5) + a.length) } catch {} }; return w }
