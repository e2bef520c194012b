// Expected: threw
function handler(w) { w.payload = scriptArgs; return w }
