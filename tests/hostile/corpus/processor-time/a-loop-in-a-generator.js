// Expected: time limit
function handler(w) { for (const x of (function* () { for (;;) yield 1 })());; return w }
