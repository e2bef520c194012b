// Expected: time limit, memory limit
function handler(w) { [...{ [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) }]; return w }
