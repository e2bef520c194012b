// Expected: returned, time limit, memory limit, threw
function handler(w) { JSON.stringify(w, null, 'x'.repeat(1e6)); return w }
