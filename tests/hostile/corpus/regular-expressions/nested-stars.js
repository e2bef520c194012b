// Expected: time limit, threw
function handler(w) { /(x+x+)+y/.test('x'.repeat(60)); return w }
