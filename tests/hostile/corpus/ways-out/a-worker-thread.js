// Expected: threw
function handler(w) { new Worker('data:,'); return w }
