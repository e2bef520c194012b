const counter = (() => { let n = 0; return { next: () => ++n, reset() { n = 0; } }; })();
var handler = function (w) { counter.next(); counter.next(); w.payload = { n: counter.next() }; return w; };
