// Expected: returned
function handler(w) { console.log('\ud800'); return w }
