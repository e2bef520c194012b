// Expected: time limit
const handler = w => ({ get method() { for (;;); } })
