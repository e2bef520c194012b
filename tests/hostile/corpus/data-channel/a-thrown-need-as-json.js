// Expected: threw
function handler(w) { throw { is: 'needs', part: 'locale:de' }; return w }
