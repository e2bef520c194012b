// Expected: returned, cancelled, threw
function handler(w) { Object.freeze(Object.prototype); Object.freeze(Array.prototype); return w }
