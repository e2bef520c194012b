// Expected: returned, time limit, memory limit, threw
function handler(w) { const a = []; a.length = 2 ** 32 - 2; a.concat(a); return w }
