// Expected: time limit, returned, threw
function handler(w) { ' '.repeat(2e5).split(/\s+$/); return w }
