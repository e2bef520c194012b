// Expected: returned
function handler(w) { w.headers.a = 'x\r\nHost: evil'; return w }
