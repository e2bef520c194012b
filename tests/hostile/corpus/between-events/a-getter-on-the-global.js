// Expected: returned, cancelled, threw
function handler(w) { Object.defineProperty(globalThis, 'webhook', { get() { for (;;); } }); return w }
