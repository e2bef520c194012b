// Expected: returned
const handler = w => ({ then(yes) { yes(w); yes(null); yes(1) } })
