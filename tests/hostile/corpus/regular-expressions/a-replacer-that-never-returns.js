// Expected: time limit
function handler(w) { 'aa'.replace(/a/g, () => { for (;;); }); return w }
