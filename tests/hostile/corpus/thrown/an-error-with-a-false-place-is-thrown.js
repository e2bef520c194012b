// Expected: threw
function handler(w) { throw Object.assign(new Error('x'), { stack: '    at f (/etc/passwd:1:1)\n    at <input>:999999:1' }); return w }
