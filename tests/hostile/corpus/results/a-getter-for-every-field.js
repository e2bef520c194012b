// Expected: returned
const handler = w => ({ get method() { return 'POST' }, get url() { return 'https://example.com' }, get headers() { return {} }, get payload() { return 1 } })
