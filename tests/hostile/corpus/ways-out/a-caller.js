// Expected: returned, threw
function handler(w) { w.payload = String((function () { return handler.caller })()); return w }
