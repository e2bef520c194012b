// Expected: threw
function handler(w) { loadScript('/etc/passwd'); return w }
