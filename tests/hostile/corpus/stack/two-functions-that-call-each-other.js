// Expected: threw
function handler(w) { const a = () => b(), b = () => a(); a(); return w }
