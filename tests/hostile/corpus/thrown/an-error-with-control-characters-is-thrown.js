// Expected: threw
function handler(w) { throw new Error('\x1b[31m\0\u202e'); return w }
