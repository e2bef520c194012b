// Expected: threw
function handler(w) { new Intl.DateTimeFormat('en', { timeZone: 'UTC\0x' }); return w }
