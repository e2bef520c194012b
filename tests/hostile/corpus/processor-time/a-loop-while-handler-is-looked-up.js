// Expected: time limit
Object.defineProperty(globalThis, 'handler', { get() { for (;;); } })
