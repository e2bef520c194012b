// Expected: returned, time limit, threw
function handler(w) { console.log('%o'.repeat(1e5), ...Array(1000).fill({})); return w }
