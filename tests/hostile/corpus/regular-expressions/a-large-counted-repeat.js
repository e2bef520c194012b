// Expected: time limit, threw, returned
function handler(w) { /(?:a{1,1000}){1,1000}b/.test('a'.repeat(5000)); return w }
