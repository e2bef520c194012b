// Expected: returned, threw, time limit
const source = Array.from({length: 2e4}, (_, i) => `let v${i} = ${i};`).join("");
function handler(w) { new Function(source)(); return w }
