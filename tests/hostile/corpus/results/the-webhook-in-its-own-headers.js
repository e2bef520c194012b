// Expected: bad result
function handler(w) { w.headers = w; return w }
