// Expected: returned, threw, crashed
const n = Math.random().toString(36).slice(2);
function handler(w) { (1).toLocaleString('x' + n.replace(/[^a-z]/g, '').slice(0, 4)); return w }
