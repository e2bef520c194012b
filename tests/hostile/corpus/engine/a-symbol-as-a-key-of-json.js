// Expected: returned, time limit, memory limit, threw
function handler(w) { JSON.stringify({ [Symbol()]: 1 }, [Symbol(), 'a', new String('b'), 2 ** 53]); return w }
