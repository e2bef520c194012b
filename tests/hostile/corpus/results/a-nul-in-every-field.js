// Expected: returned
function handler(w) { w.payload = '\0'; w.url += '\0'; w.headers['\0'] = '\0'; return w }
