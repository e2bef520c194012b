// Expected: time limit
function handler(w) { throw Object.defineProperty(new Error, 'message', { get() { for (;;); } }); return w }
