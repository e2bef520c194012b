// Expected: time limit, memory limit, returned
function handler(w) { for (let i = 0; i < 1e6; i++) Promise.resolve(i).then(x => x); return w }
