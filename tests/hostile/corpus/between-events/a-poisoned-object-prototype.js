// Expected: returned, cancelled, threw
function handler(w) { Object.prototype.payload = 'stolen'; Object.prototype.cancel = true; delete w.cancel; return w }
