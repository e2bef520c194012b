// Expected: time limit
async function handler(w) { try { await null } finally { for (;;); } }
