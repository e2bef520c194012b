// Expected: returned
function handler(w) { w.payload = (0, eval)('typeof process + typeof Deno + typeof Bun'); return w }
