// Expected: returned, time limit, memory limit, threw
function handler(w) { String.raw({ raw: { length: 2 ** 53 - 1 } }); return w }
