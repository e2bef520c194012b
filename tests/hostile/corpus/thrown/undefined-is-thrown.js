// Expected: threw
function handler(w) { throw undefined; return w }
