// Expected: returned, cancelled, threw
function handler(w) { Date = class { toISOString() { return 'never' } }; Math.random = () => 0; return w }
