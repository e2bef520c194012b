// Expected: threw, time limit, memory limit, returned, crashed
function handler(w) { let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.a; return w }
