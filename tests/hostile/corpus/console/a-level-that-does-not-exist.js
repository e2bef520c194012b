// Expected: returned, threw
function handler(w) { console.log.call({ level: 'x' }, 'a'); console['__proto__'].warn = 1; return w }
