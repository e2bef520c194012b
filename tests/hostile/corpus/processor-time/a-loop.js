// Expected: time limit
function handler(w) { for (;;);; return w }
