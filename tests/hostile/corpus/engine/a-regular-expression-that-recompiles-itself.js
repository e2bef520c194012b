// Expected: returned, time limit, memory limit, threw
function handler(w) { const r = /a/g; r.exec({ toString() { r.compile('b', 'g'); return 'aaa' } }); return w }
