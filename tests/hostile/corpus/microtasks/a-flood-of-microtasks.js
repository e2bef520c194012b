// Expected: time limit
function handler(w) { (function tick() { queueMicrotask(tick) })(); return w }
