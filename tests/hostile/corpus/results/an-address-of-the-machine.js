// Expected: returned
function handler(w) { w.url = 'file:///etc/passwd'; return w }
