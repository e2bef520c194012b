// Expected: memory limit, time limit
function handler(w) { let f = () => 1; for (;;) { const g = f; f = () => g }; return w }
