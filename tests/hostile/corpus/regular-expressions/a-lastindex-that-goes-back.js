// Expected: time limit
function handler(w) { const r = /a/g; while (r.exec('aa')) r.lastIndex = 0; return w }
