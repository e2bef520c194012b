// Expected: threw
function handler(w) { throw () => {}; return w }
