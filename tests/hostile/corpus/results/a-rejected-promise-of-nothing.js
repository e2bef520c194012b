// Expected: threw
const handler = () => Promise.reject()
