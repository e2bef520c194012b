// Expected: time limit
async function handler(w) { for (;;) await null }
