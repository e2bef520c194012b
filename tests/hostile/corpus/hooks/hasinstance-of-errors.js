// Expected: time limit, threw
function handler(w) { Object.defineProperty(Error, Symbol.hasInstance, { value() { for (;;); } }); throw 1; return w }
