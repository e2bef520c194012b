// Expected: returned, time limit, memory limit
function handler(w) { console.log(Array(1e6).fill({})); return w }
