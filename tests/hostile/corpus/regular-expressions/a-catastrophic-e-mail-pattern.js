// Expected: time limit, threw
function handler(w) { /^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@)$/.test('a'.repeat(50)); return w }
