// Expected: threw
function handler(w) { new Intl.NumberFormat('../../etc/passwd'); return w }
