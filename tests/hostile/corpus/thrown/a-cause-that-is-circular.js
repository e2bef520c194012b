// Expected: threw
function handler(w) { const e = new Error('x'); e.cause = e; throw e; return w }
