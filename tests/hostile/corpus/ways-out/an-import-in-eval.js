// Expected: threw
function handler(w) { eval('import("fs")'); eval('import.meta'); return w }
