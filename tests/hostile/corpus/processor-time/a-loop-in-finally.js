// Expected: time limit
function handler(w) { try { for (;;); } finally { for (;;); }; return w }
