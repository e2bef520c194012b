// Expected: bad result
const handler = () => new Promise(() => {})
