// Expected: threw
function handler(w) { throw new Error('\ud800'); return w }
