// Expected: returned, threw
function handler(w) { w.payload = String(handler.arguments && handler.arguments.callee); return w }
