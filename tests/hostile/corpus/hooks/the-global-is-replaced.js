// Expected: returned, threw
globalThis = null;
const handler = w => w
