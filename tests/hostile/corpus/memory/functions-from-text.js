// Expected: memory limit, time limit
function handler(w) { const a = []; for (let i = 0; ; i++) a.push(new Function('return ' + i)); return w }
