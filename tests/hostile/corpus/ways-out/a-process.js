// Expected: threw
function handler(w) { process.exit(); return w }
