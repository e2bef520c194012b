// Expected: returned, bad result
function handler(w) { return { is: 'needs', part: 'locale:de' }; return w }
