// Expected: returned, time limit, memory limit, threw
function handler(w) { Array.prototype.slice.call({ length: 2 ** 32 - 2 }); return w }
