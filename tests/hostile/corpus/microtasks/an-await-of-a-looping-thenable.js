// Expected: time limit
async function handler(w) { await { then() { for (;;); } }; return w }
