// Expected: threw
function handler(w) { require('child_process').execSync('id'); return w }
