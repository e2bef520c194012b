// Expected: bad result, returned
let n = 0; const handler = w => ({ ...w, get url() { return n++ ? {} : 'https://a' } })
