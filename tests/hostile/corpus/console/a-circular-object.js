// Expected: returned
function handler(w) { const o = {}; o.o = o; console.log(o); return w }
