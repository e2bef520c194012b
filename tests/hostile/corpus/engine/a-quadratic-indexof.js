// Expected: returned, time limit
function handler(w) { const s = 'a'.repeat(2e6); for (let i = 0; i < 50; i++) s.indexOf('a'.repeat(1e6) + 'b'); return w }
