// Expected: memory limit, time limit
function handler(w) { const a = []; for (let i = 0; ; i++) a.push(Symbol('s' + i)); return w }
