// Expected: memory limit, returned, threw, time limit
function handler(w) { const a = []; try { for (;;) a.push(Array(1e4).fill(1)) } catch {}; JSON.stringify = () => 9n ** 99999n; return w }
