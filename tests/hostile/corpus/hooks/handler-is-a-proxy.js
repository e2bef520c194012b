// Expected: time limit
const handler = new Proxy(w => w, { apply() { for (;;); } })
