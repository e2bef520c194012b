// Expected: returned
function handler(w) { Promise.reject(new Error('x')); return w }
