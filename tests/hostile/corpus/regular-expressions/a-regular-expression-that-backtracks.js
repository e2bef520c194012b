// Expected: time limit
function handler(w) { /^(a+)+$/.test('a'.repeat(40) + '!'); return w }
