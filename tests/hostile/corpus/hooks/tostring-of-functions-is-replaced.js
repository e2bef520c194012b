// Expected: returned, threw
function handler(w) { Function.prototype.toString = () => { throw 1 }; console.log(() => 1); return w }
