// Expected: returned, time limit, memory limit, threw
function handler(w) { Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 1, 0); return w }
