// Expected: threw
function handler(w) { fetch('http://169.254.169.254/'); return w }
