// Expected: time limit
async function handler(w) { for await (const x of (async function* () { for (;;) yield 1 })()); return w }
