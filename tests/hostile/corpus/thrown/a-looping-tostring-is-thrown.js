// Expected: threw, time limit
function handler(w) { throw { toString() { for (;;); } }; return w }
