// Expected: threw
function handler(w) { const o = { toString() { return '' + o } }; '' + o; return w }
