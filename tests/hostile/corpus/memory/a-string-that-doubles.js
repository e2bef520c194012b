// Expected: memory limit, threw
function handler(w) { let s = 'x'; for (;;) s += s; return w }
