// Expected: threw
function handler(w) { throw 1n; return w }
