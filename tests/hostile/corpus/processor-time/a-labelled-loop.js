// Expected: time limit
function handler(w) { a: for (;;) for (;;) continue a; return w }
