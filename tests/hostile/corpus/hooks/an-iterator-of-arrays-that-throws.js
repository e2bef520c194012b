// Expected: returned, threw
function handler(w) { Array.prototype[Symbol.iterator] = () => { throw 1 }; console.log('x', 1); w.headers.a = 'b'; return w }
