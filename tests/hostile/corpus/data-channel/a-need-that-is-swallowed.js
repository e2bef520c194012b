// Expected: returned
function handler(w) { for (let i = 0; i < 100; i++) try { new Intl.DateTimeFormat('de', { timeZone: 'Europe/Berlin' }) } catch {}; return w }
