// Expected: memory limit, time limit
function handler(w) { const s = new Set; for (let i = 0; ; i++) s.add('key' + i); return w }
