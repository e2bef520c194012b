// Expected: returned, time limit
function handler(w) { for (let i = 0; i < 1e5; i++) console.log(i); return w }
