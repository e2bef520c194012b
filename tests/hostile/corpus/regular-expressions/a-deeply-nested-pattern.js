// Expected: threw, time limit
function handler(w) { new RegExp('('.repeat(1e5) + ')'.repeat(1e5)); return w }
