// Expected: bad result
function handler(w) { w.payload = () => 1; return w }
