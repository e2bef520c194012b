// Expected: memory limit, time limit
function handler(w) { const a = []; for (;;) a.push(new Array(1000).fill(a.length)); return w }
