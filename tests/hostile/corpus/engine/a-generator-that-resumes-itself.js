// Expected: returned, time limit, memory limit, threw
function handler(w) { const g = (function* () { g.next() })(); try { g.next() } catch {}; return w }
