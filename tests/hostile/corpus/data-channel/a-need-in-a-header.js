// Expected: returned
function handler(w) { w.headers = { is: 'needs', part: 'zone:UTC' }; return w }
