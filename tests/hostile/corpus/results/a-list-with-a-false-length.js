// Expected: time limit, bad result, memory limit, threw
function handler(w) { const a = []; a.length = 2 ** 32 - 1; w.payload = a; return w }
