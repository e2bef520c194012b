// Expected: returned, cancelled, threw
function handler(w) { globalThis.kept = (globalThis.kept ?? []); kept.push(w); return w }
