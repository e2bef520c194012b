// Expected: threw, time limit
function handler(w) { const o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o); return w }
