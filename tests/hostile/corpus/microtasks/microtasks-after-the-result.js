// Expected: returned
function handler(w) { queueMicrotask(() => { w.url = 'https://evil.example' }); return w }
