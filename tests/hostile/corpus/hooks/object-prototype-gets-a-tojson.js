// Expected: returned
function handler(w) { Object.prototype.toJSON = () => 'hooked'; return w }
