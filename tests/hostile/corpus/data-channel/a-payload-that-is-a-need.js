// Expected: returned
function handler(w) { w.payload = '{"is":"needs","part":"zone:UTC"}'; return w }
