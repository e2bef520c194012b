// Expected: returned, threw
function handler(w) { w.payload = (function* () {}).constructor('yield typeof require').call().next().value; return w }
