// Expected: threw
function handler(w) { throw Promise.reject(1).catch(() => {}) && Promise.resolve(); return w }
