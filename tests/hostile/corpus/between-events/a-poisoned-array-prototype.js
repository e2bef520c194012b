// Expected: returned, cancelled, threw
function handler(w) { Array.prototype.push = function () { return 0 }; return w }
