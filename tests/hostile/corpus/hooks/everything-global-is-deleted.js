// Expected: returned
function handler(w) { for (const k of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[k] } catch {}; return w }
