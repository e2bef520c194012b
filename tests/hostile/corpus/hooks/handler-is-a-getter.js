// Expected: returned, no handler, threw
let n = 0; Object.defineProperty(globalThis, 'handler', { get() { return n++ ? 1 : w => w } })
