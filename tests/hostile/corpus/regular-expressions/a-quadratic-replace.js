// Expected: time limit, returned, threw
function handler(w) { 'a'.repeat(3e5).replace(/a*b/g, ''); return w }
