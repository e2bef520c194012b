// Expected: threw
function handler(w) { throw new AggregateError([new Error('x')], 'many'); return w }
