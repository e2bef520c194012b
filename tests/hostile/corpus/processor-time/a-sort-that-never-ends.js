// Expected: time limit, memory limit, returned
function handler(w) { Array.from({ length: 3e6 }, (_, i) => i).sort((a, b) => Math.random() - 0.5); return w }
