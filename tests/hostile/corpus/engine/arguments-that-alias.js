// Expected: returned, time limit, memory limit, threw
function handler(w) { (function (a) { delete arguments[0]; arguments.length = 2 ** 31; return Array.from(arguments) })(1); return w }
