// Expected: returned, time limit, threw
function handler(w) { console.log('%s', { toString() { for (;;); } }); return w }
