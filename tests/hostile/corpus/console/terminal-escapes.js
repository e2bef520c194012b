// Expected: returned
function handler(w) { console.log('\x1b[2J\x1b]0;owned\x07\u202e'); return w }
