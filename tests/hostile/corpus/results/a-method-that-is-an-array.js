// Expected: bad result
function handler(w) { w.method = ['POST']; return w }
