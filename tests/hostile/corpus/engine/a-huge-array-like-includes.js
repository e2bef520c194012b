// Expected: returned, time limit, memory limit, threw
function handler(w) { Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1); return w }
