// Expected: returned
JSON.parse = () => { throw 1 };
const handler = w => w
