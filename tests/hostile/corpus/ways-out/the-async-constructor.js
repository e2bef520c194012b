// Expected: returned
function handler(w) { w.payload = typeof (async () => {}).constructor('return typeof process'); return w }
