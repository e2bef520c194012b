// Expected: time limit
function handler(w) { for (;;) { try { for (;;); } catch {} }; return w }
