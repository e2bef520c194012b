// Expected: returned, time limit, memory limit, threw
function handler(w) { const b = new ArrayBuffer(8), a = new Uint8Array(b); b.transfer(); a[0] = 1; a.fill(1); return w }
