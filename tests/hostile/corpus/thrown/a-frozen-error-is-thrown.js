// Expected: threw
function handler(w) { throw Object.freeze(new Error('x')); return w }
