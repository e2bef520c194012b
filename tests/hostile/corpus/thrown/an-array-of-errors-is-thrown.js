// Expected: threw
function handler(w) { throw [new Error('a'), new Error('b')]; return w }
