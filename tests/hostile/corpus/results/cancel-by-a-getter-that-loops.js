// Expected: time limit
const handler = () => ({ get cancel() { for (;;); } })
