// Expected: returned, threw, bad result
Promise.prototype.then = () => { throw 1 };
async function handler(w) { return w }
