// Expected: threw
function handler(w) { const f = () => [2, 1].sort(f); f(); return w }
