// Expected: returned
function handler(w) { console.log('{"is":"returned"}'); console.log('],"spent":true}'); return w }
