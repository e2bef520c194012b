// Expected: time limit, threw, returned
function handler(w) { /(?=(a+)+$)b/.test('a'.repeat(40)); return w }
