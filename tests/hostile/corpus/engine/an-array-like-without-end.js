// Expected: time limit
function handler(w) { Array.prototype.indexOf.call({length: 2 ** 53 - 1}, 1); return w }
