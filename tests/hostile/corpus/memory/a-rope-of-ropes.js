// Expected: memory limit, returned, threw, time limit
function handler(w) { let s = 'ab'; for (let i = 0; i < 1e7; i++) s = s + 'c' + s.length; return w }
