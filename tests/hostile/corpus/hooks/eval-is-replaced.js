// Expected: returned
function handler(w) { globalThis.eval = () => { throw 1 }; console.log(1); new URL('https://example.com'); return w }
