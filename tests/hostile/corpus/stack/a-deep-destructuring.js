// Expected: threw
function handler(w) { eval('var ' + '['.repeat(3e4) + 'a' + ']'.repeat(3e4) + '= 1'); return w }
