// Expected: threw
function handler(w) { java.lang.Runtime.getRuntime(); return w }
