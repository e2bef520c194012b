// Expected: returned, time limit, memory limit, threw
function handler(w) { for (let i = 0; i < 200; i++) 'ä\u0323'.repeat(1 << 19).normalize('NFKD'); return w }
