// Expected: time limit, threw, returned
function handler(w) { /^(.*)*\1$/.test('ab'.repeat(40)); return w }
