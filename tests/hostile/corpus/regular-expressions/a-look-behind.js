// Expected: time limit, threw, returned
function handler(w) { /(?<=(a+)+)c/.test('a'.repeat(5000) + 'b'); return w }
