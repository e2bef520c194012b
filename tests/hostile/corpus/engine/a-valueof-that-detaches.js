// Expected: returned, time limit, memory limit, threw
function handler(w) { const b = new ArrayBuffer(64), v = new DataView(b); try { v.setInt8({ valueOf() { b.transfer(); return 0 } }, 1) } catch {}; return w }
