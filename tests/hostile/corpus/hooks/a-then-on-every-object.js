// Expected: returned, time limit, bad result
function handler(w) { Object.prototype.then = () => { for (;;); }; return w }
