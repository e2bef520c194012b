// Expected: returned
function handler(w) { JSON.stringify = () => '{'; return w }
