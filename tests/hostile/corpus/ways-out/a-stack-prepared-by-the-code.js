// Expected: returned, threw
function handler(w) { Error.prepareStackTrace = (e, frames) => frames.map(f => f.getThis && f.getThis()); w.payload = String(new Error().stack); return w }
