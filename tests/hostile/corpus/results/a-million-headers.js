// Expected: bad result, crashed, time limit
function handler(w) { for (let i = 0; i < 3e5; i++) w.headers['h' + i] = 'v'; return w }
