// Expected: returned, threw
function handler(w) { w.payload = typeof SharedArrayBuffer; Atomics.notify(new Int32Array(new SharedArrayBuffer(4)), 0); return w }
