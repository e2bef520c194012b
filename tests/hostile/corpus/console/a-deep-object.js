// Expected: returned, threw, time limit
function handler(w) { let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; console.log(o); return w }
