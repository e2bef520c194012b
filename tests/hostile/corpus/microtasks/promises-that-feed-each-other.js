// Expected: time limit, memory limit
function handler(w) { const f = () => Promise.resolve().then(f).then(f); f(); return w }
