// Expected: time limit
function handler(w, x = (() => { for (;;); })()) { return w }
