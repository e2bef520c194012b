// Expected: threw
const handler = w => new Proxy(w, { get() { throw new Error('no') } })
