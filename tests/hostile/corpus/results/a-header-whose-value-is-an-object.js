// Expected: bad result
function handler(w) { w.headers.a = { toString() { for (;;); } }; return w }
