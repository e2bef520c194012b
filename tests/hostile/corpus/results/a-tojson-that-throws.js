// Expected: threw
function handler(w) { w.payload = { toJSON() { throw new Error('no') } }; return w }
