// Expected: memory limit, time limit
const handler = () => { const t = { then: r => r(t) }; return t }
