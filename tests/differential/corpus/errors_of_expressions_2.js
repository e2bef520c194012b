// Each case fails in its own way; what is said and where is compared.
function handler(w) {
  const cases = [
    () => { 'x'.at(5).foo
    },
    () => { 'x'.charAt(9).foo.bar
    },
    () => { 'x'.localeCompare(null).foo()
    },
    () => { 'x'.startsWith(/x/)
    },
    () => { 'x'.includes(/x/)
    },
    () => { 'x'.endsWith(/x/)
    },
    () => { 'x'.replaceAll(/x/, 'y')
    },
    () => { 'x'.matchAll(/x/)
    },
    () => { 'x'.match('[')
    },
    () => { 'x'.match(/y/)[0]
    },
    () => { 'x'.match(/y/).groups
    },
    () => { 'x'.match(/y/).groups.a
    },
    () => { 'x'.search('(')
    },
    () => { 'x'.split(null).foo()
    },
    () => { new Array(-1)
    },
    () => { new Array(1.5)
    },
    () => { Array(-1)
    },
    () => { const n = -1; new Array(n)
    },
    () => { Array.from({ length: -1 }).foo()
    },
    () => { Array.from(null)
    },
    () => { Array.from(undefined)
    },
    () => { Array.from(5, 5)
    },
    () => { Array.from([1], 'x')
    },
    () => { [].reduce((a, b) => a)
    },
    () => { [].reduceRight((a, b) => a)
    },
    () => { [1].reduce()
    },
    () => { [1].map()
    },
    () => { [1].map('x')
    },
    () => { [1].map(w.payload.nope)
    },
    () => { [1].map(w.payload.data)
    },
    () => { [1].map(null)
    },
    () => { [1].map({})
    },
    () => { [1].map([])
    },
    () => { [1].map(5)
    },
    () => { [1].map(true)
    },
    () => { [1].forEach()
    },
    () => { [1].forEach('console.log')
    },
    () => { [1].find('a')
    },
    () => { [1].some(1)
    },
    () => { [1].every(/a/)
    },
    () => { [1].sort('a')
    },
    () => { [1].sort(null)
    },
    () => { [1].sort({})
    },
    () => { [1].flatMap(1)
    },
    () => { [1].flatMap('x')
    },
    () => { [1].findIndex()
    },
    () => { const f = 5; [1].map(f)
    },
    () => { const cb = 'abc'; [1].map(cb)
    },
    () => { const cb = { a: 1 }; [1].map(cb)
    },
    () => { const cb = []; [1].map(cb)
    },
    () => { const cb = null; [1].forEach(cb)
    },
    () => { [1].map(5n)
    },
    () => { Promise.resolve().then().catch(5).finally(1).foo()
    },
    () => { new Promise()
    },
    () => { new Promise('x')
    },
    () => { new Promise(null)
    },
    () => { new Promise({})
    },
    () => { Promise()
    },
    () => { Promise.all(5)
    },
    () => { Promise.all()
    },
    () => { Promise.any([]).foo()
    },
    () => { Promise.resolve(1).foo()
    },
    () => { const p = Promise.resolve({ a: 1 }); p.a.b
    },
    () => { Symbol() + ''
    },
    () => { `${Symbol('x')}`
    },
    () => { Symbol('x') + 1
    },
    () => { +Symbol('x')
    },
    () => { new Symbol()
    },
    () => { 5n + 1
    },
    () => { 5n * 1.5
    },
    () => { 5n / 0n
    },
    () => { 5n % 0n
    },
    () => { +5n
    },
    () => { Math.max(5n)
    },
    () => { Math.round(5n)
    },
    () => { BigInt('12,50')
    },
    () => { BigInt(1.5)
    },
    () => { BigInt('abc')
    },
    () => { BigInt(undefined)
    },
    () => { BigInt(null)
    },
    () => { BigInt(NaN)
    },
    () => { BigInt({})
    },
    () => { const amount = '12,50'; BigInt(amount)
    },
    () => { const amount = 12.5; BigInt(amount)
    },
    () => { const amount = w.payload.data.currency; BigInt(amount)
    },
    () => { BigInt(w.payload.data.nope)
    },
    () => { new BigInt(5)
    },
    () => { decodeURIComponent('%')
    },
    () => { decodeURIComponent('%E0%A4%A')
    },
    () => { decodeURI('%zz')
    },
    () => { encodeURIComponent('\ud800')
    },
    () => { encodeURI('\udc00')
    },
    () => { new RegExp('[')
    },
    () => { new RegExp('(')
    },
    () => { new RegExp(')')
    },
    () => { new RegExp('*')
    },
    () => { new RegExp('a**')
    },
    () => { new RegExp('a', 'zz')
    },
    () => { new RegExp('a', 'gg')
    },
    () => { new RegExp('\\')
    },
    () => { new RegExp('(?<a')
    },
    () => { new RegExp('(?<a>x)(?<a>y)')
    },
    () => { new RegExp('[z-a]')
    },
    () => { new RegExp('a{2,1}')
    },
    () => { new RegExp('(?i)a')
    },
    () => { new RegExp('(?P<a>x)')
    },
    () => { new RegExp('\\u{110000}', 'u')
    },
    () => { new RegExp('\\p{Nope}', 'u')
    },
    () => { new RegExp('^' + w.payload.data.currency + '(')
    },
    () => { new RegExp(w.payload.data.currency + '**')
    },
  ];
  const said = cases.map((fails) => {
    try {
      fails();
      return "nothing";
    } catch (error) {
      return [String(error), /transform\.js:(\d+:\d+)/.exec(error.stack)?.[1], String(error.stack).split("\n")[0]];
    }
  });
  return { ...w, payload: said };
}
