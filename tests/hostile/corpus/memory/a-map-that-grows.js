// Expected: memory limit, time limit
function handler(w) { const m = new Map; for (let i = 0; ; i++) m.set(i, {}); return w }
