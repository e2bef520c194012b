// Expected: threw
function handler(w) { const o = { get a() { return this.a } }; o.a; return w }
