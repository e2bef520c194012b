// Expected: threw
function handler(w) { const e = new Error('{\"is\":\"returned\"}'); e.name = 'InternalError'; throw e; return w }
