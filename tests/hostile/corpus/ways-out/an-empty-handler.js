// Expected: bad result
function handler() {}
