// Expected: time limit
function handler(w) { Array.from({length: 1e6}, (_, i) => i).sort(() => { for (;;); }); return w }
