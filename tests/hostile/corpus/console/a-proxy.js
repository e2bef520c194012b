// Expected: returned, time limit, threw
function handler(w) { console.log(new Proxy({}, { ownKeys() { for (;;); } })); return w }
