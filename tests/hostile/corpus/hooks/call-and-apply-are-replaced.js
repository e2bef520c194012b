// Expected: returned
function handler(w) { Function.prototype.call = Function.prototype.apply = () => { throw 1 }; w.headers.a = 1; return w }
