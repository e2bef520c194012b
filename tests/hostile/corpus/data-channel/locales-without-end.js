// Expected: returned, threw, crashed, time limit
function handler(w) { for (let a = 97; a < 123; a++) for (let b = 97; b < 123; b++) (1).toLocaleString(String.fromCharCode(a, b)); return w }
