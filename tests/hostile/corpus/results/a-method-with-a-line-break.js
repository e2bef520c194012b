// Expected: returned
function handler(w) { w.method = 'POST\r\nHost: evil'; return w }
