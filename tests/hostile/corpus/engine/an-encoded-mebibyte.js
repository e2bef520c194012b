// Expected: returned, time limit, memory limit, threw
function handler(w) { for (let i = 0; i < 200; i++) encodeURIComponent('ä'.repeat(1 << 20)); return w }
