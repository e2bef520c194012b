// Each case fails in its own way; what is said and where is compared.
function handler(w) {
  const cases = [
    () => { const items = w.payload.data.customer; items.forEach(function (i) { i.x = 1 })
    },
    () => { w.payload.data.customer.forEach((i) => i.x)
    },
    () => { w.payload.data.customer.map(async (i) => { await i })
    },
    () => { w.payload.data.nope.map(function (i) { return i })
    },
    () => { const C = w.payload.data.client; new C(w)
    },
    () => { new w.payload.data.Client(w, function () {})
    },
    () => { const get = () => undefined; get()()
    },
    () => { const get = () => undefined; get().x
    },
    () => { const get = () => undefined; get().x()
    },
    () => { const get = () => ({}); get().x()
    },
    () => { const get = () => ({}); get().x.y()
    },
    () => { const get = () => ({}); get().x(function () { return 1 })
    },
    () => { const o = {}; o.a.b.c
    },
    () => { const o = {}; o['a']['b']
    },
    () => { const o = {}; o.a['b'].c
    },
    () => { const o = {}; o.a[0]
    },
    () => { const o = { a: [] }; o.a[0].b
    },
    () => { const o = { a: [] }; o.a[0].b()
    },
    () => { const o = { a: [] }; o.a[0]()
    },
    () => { const o = { a: [] }; o.a[w.eventType]()
    },
    () => { const o = { a: [] }; o['x-y']()
    },
    () => { const o = { a: {} }; o.a.b(o.a.c())
    },
    () => { const o = { a: {} }; o.a?.b()
    },
    () => { const o = { a: {} }; o?.a.b()
    },
    () => { const o = { a: {} }; o?.a?.b.c
    },
    () => { const o = { a: {} }; o.a?.b.c.d
    },
    () => { const o = {}; o.a?.b; o.a.b
    },
    () => { const o = { a: null }; o.a.b
    },
    () => { const o = { a: null }; o.a.b()
    },
    () => { const o = { a: null }; o?.a.b()
    },
    () => { const o = null; o.x
    },
    () => { const o = null; o.x = 1
    },
    () => { const o = null; o['x'] = 1
    },
    () => { const o = {}; o.meta['source'] = 'dodo'
    },
    () => { const o = {}; o.meta.source = 'dodo'
    },
    () => { const o = {}; o.meta[0] = 1
    },
    () => { w.payload.data.items.length
    },
    () => { w.payload.items.length
    },
    () => { w.payload.items[0]
    },
    () => { w.payload.data.customer.name.first.toUpperCase()
    },
    () => { w.payload.data.customer.email.toUppercase()
    },
    () => { w.payload.data.total_amount.toFixed(2).replace('.', ',').foo()
    },
    () => { (w.payload.data.total_amount / 100).toFixed(2).foo()
    },
    () => { (w.payload.data.nope / 100).toFixed(2).foo.bar
    },
    () => { w.payload.data.customer.name.split(' ')[5].toUpperCase()
    },
    () => { w.payload.data.customer.name.split(' ').map(x => x.foo.bar)
    },
    () => { w.payload.data.customer.name.split(' ').map(x => x.foo())
    },
    () => { w.payload.data.customer.name.split(' ').map(function (x) { return x.y.z })
    },
    () => { Object.keys(w.payload.nope)
    },
    () => { Object.values(w.payload.nope)
    },
    () => { Object.entries(w.payload.nope).map(([k, v]) => k)
    },
    () => { Object.entries(null)
    },
    () => { Object.assign(null, {})
    },
    () => { Object.fromEntries(null)
    },
    () => { Object.fromEntries([1, 2])
    },
    () => { Object.fromEntries(w.payload.nope)
    },
    () => { Object.fromEntries({ a: 1 })
    },
    () => { new Map([1, 2])
    },
    () => { new Map({ a: 1 })
    },
    () => { new Set(5)
    },
    () => { new Map(w.payload.data.customer)
    },
    () => { Object.create(1)
    },
    () => { Object.freeze(w.payload).x = 1
    },
    () => { 'use strict'; const o = Object.freeze({ a: 1 }); o.a = 2
    },
    () => { 'use strict'; const o = Object.freeze({ a: 1 }); o.b = 2
    },
    () => { 'use strict'; const o = Object.freeze({ a: 1 }); delete o.a
    },
    () => { 'use strict'; const o = Object.freeze([1]); o.sort()
    },
    () => { 'use strict'; const o = { get a() { return 1 } }; o.a = 2
    },
    () => { 'use strict'; undefinedVariable = 1
    },
    () => { JSON.stringify(5n)
    },
    () => { JSON.stringify({ a: 5n })
    },
    () => { JSON.stringify({ a: [1, { b: 5n }] })
    },
    () => { const o = {}; o.self = o; JSON.stringify(o)
    },
    () => { const o = { a: { b: {} } }; o.a.b.c = o.a; JSON.stringify(o)
    },
    () => { const o = { a: { b: {} } }; o.a.b.c = o; JSON.stringify(o)
    },
    () => { const o = [1]; o.push(o); JSON.stringify(o)
    },
    () => { const o = { list: [{}] }; o.list[0].parent = o; JSON.stringify(o)
    },
    () => { const o = { list: [{ a: {} }] }; o.list[0].a.parent = o; JSON.stringify(o)
    },
    () => { const a = {}, b = { a }; a.b = b; JSON.stringify({ a })
    },
    () => { const a = Object.create(null); a.a = a; JSON.stringify(a)
    },
    () => { JSON.stringify({ get a() { return null.x } })
    },
    () => { JSON.stringify(w, (k, v) => v.nope.x)
    },
    () => { new Date('nope').toISOString()
    },
    () => { new Date(w.payload.data.nope).toISOString()
    },
    () => { new Date(8.64e15 + 1).toISOString()
    },
    () => { new Date().foo()
    },
    () => { Date.now().getTime()
    },
    () => { Date().toISOString()
    },
    () => { w.payload.timestamp.toISOString()
    },
    () => { w.payload.timestamp.getTime()
    },
    () => { new Date(w.payload.timestamp).format('YYYY')
    },
    () => { (5).toFixed(101)
    },
    () => { (5).toFixed(-1)
    },
    () => { (5).toPrecision(0)
    },
    () => { (5).toPrecision(101)
    },
    () => { (5).toExponential(-1)
    },
    () => { (5).toString(1)
    },
    () => { (5).toString(37)
    },
    () => { (5).toFixed(2).toFixed(2)
    },
    () => { '5'.toFixed(2)
    },
    () => { w.payload.data.currency.toFixed(2)
    },
    () => { w.payload.data.nope.toFixed(2)
    },
    () => { 'x'.repeat(-1)
    },
    () => { 'x'.repeat(Infinity)
    },
    () => { 'x'.repeat(2 ** 30)
    },
    () => { const n = -5; 'x'.repeat(n)
    },
    () => { const n = -5; 'x'.repeat(n + 1)
    },
    () => { 'x'.padStart(2 ** 30)
    },
    () => { 'x'.repeat(w.payload.nope - 1).x.y
    },
    () => { 'x'.normalize('bad')
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
