// Expected: returned, time limit, memory limit, threw
function handler(w) { const b = new ArrayBuffer(64, { maxByteLength: 64 }), a = new Uint8Array(b); a.sort(() => { b.resize(0); return 1 }); return w }
