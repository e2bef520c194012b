// Expected: returned, cancelled, threw
function handler(w) { globalThis.handler = () => null; return w }
