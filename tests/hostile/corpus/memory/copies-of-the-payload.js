// Expected: memory limit, time limit
function handler(w) { const a = []; for (;;) a.push(structuredClone(w.payload)); return w }
