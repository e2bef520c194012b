// Expected: threw
function handler(w) { throw null; return w }
