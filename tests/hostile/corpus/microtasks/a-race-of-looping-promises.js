// Expected: returned, time limit
const handler = w => Promise.race([(async () => { for (;;) await 0 })(), w])
