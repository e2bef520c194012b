// Expected: threw
function handler(w) { const e = new Error; Object.setPrototypeOf(e, null); throw e; return w }
