const memo = {};
const fib = (n) => memo[n] ?? (memo[n] = n < 2 ? n : fib(n - 1) + fib(n - 2));
const depth = (v) => (v && typeof v === "object" ? 1 + Math.max(0, ...Object.values(v).map(depth)) : 0);
function handler(w) { w.payload = { fib: fib(60), depth: depth(w.payload), deep: (function f(n) { return n ? f(n - 1) : "bottom"; })(3000) }; return w; }
