// Expected: returned
function handler(w) { w.headers = JSON.parse('{"__proto__": "x"}'); return w }
