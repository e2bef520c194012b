// Expected: threw
function handler(w) { (function f() { f() })(); return w }
