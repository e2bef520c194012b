// Expected: threw
async function handler(w) { await import('os'); return w }
