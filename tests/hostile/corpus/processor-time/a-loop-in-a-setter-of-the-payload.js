// Expected: time limit
function handler(w) { w.payload = { set a(v) { for (;;); } }; w.payload.a = 1; return w }
