// Expected: threw
function handler(w) { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); return w }
