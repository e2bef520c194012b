// Expected: returned, time limit
function handler(w) { console.log({ get a() { for (;;); } }); return w }
