// Expected: threw, time limit
function handler(w) { throw new InternalError('interrupted'); return w }
