// Expected: threw
function handler(w) { new Intl.DateTimeFormat('en', { timeZone: '/etc/passwd' }); return w }
