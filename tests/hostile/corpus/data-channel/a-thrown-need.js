// Expected: threw
function handler(w) { throw new Error('locale:de'); return w }
