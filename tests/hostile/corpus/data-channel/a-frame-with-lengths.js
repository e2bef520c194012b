// Expected: returned
function handler(w) { w.payload = '\0\0\0\x02\0\0\0\0{}'; return w }
