// Expected: returned, threw
function handler(w) { Object.freeze(globalThis); console.log(1); return w }
