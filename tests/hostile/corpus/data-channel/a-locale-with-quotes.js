// Expected: returned
function handler(w) { try { (1).toLocaleString('en"},{"is":"returned') } catch {}; return w }
