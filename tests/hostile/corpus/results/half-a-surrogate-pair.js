// Expected: returned
function handler(w) { w.payload = { '\ud800': '\udfff' }; w.headers.a = '\ud800'; return w }
