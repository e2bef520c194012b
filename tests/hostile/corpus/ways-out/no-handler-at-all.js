// Expected: no handler
const transform = w => w
