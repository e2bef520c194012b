// Expected: time limit, threw
function handler(w) { /^(a|a)*$/.test('a'.repeat(50) + 'b'); return w }
