// Expected: threw, time limit, memory limit
function handler(w) { globalThis.f = () => eval('f()'); f(); return w }
