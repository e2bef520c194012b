// Expected: time limit
const handler = w => ({ ...w, url: `${{ [Symbol.toPrimitive]() { for (;;); } }}` })
