// Expected: threw
function handler(w) { const f = () => 'a'.replace(/a/, f); f(); return w }
