// Expected: returned, time limit, memory limit, threw
function handler(w) { const a = Array(1e6).fill(1); for (;;) a.splice(0, 1, 1, 1).length; return w }
