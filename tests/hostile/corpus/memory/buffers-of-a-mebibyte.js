// Expected: memory limit, time limit
function handler(w) { const a = []; for (;;) a.push(new Uint8Array(2 ** 20).fill(1)); return w }
