// Expected: time limit, threw, returned
function handler(w) { const f = () => { try { f() } catch { f() } }; f(); return w }
