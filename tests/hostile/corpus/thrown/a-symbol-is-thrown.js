// Expected: threw
function handler(w) { throw Symbol('s'); return w }
