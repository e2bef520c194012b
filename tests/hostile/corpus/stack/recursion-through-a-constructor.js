// Expected: threw
function handler(w) { class A { constructor() { new A } } new A; return w }
