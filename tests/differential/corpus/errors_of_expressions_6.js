// Each case fails in its own way; what is said and where is compared.
function handler(w) {
  const cases = [
    () => { w.payload instanceof 5
    },
    () => { w.payload instanceof {}
    },
    () => { w.payload instanceof undefined
    },
    () => { w.payload instanceof nope
    },
    () => { w.payload instanceof w
    },
    () => { w.payload instanceof w.nope
    },
    () => { w instanceof 'x'
    },
    () => { new Uint8Array(-1)
    },
    () => { Uint8Array()
    },
    () => { new WeakMap([[1, 2]])
    },
    () => { new WeakMap().set(1, 2)
    },
    () => { new WeakSet().add('x')
    },
    () => { Map()
    },
    () => { Set()
    },
    () => { Math.max.apply(null, w.payload.nope).x.y
    },
    () => { Reflect.ownKeys(5)
    },
    () => { Reflect.construct(5)
    },
    () => { crypto.randomBytes(5)
    },
    () => { crypto.createHmac('sha256', 'x')
    },
    () => { new Intl.NumberFormat('xx_YY')
    },
    () => { new Intl.NumberFormat('en', { style: 'currency' })
    },
    () => { new Intl.NumberFormat('en', { style: 'currency', currency: 'x' })
    },
    () => { new Intl.NumberFormat('en', { style: 'nope' })
    },
    () => { new Intl.NumberFormat('en', { minimumFractionDigits: 5, maximumFractionDigits: 2 })
    },
    () => { new Intl.NumberFormat('en', { maximumFractionDigits: 200 })
    },
    () => { new Intl.NumberFormat('en', { style: 'unit', unit: 'nope' })
    },
    () => { new Intl.DateTimeFormat('en', { timeZone: 'nope' })
    },
    () => { new Intl.DateTimeFormat('en', { dateStyle: 'x' })
    },
    () => { new Intl.DateTimeFormat('en', { dateStyle: 'short', month: 'long' })
    },
    () => { new Intl.DateTimeFormat('en').format('nope')
    },
    () => { new Date('nope').toLocaleDateString('en', { timeZone: 'x' })
    },
    () => { new Date(0).toLocaleDateString('xx_YY')
    },
    () => { new Date(0).toLocaleDateString('en', { timeZone: 'PST8' })
    },
    () => { new Date(0).toLocaleDateString('en', { weekday: 'x' })
    },
    () => { new Intl.PluralRules('en', { type: 'x' })
    },
    () => { new Intl.RelativeTimeFormat('en').format(1, 'x')
    },
    () => { new Intl.RelativeTimeFormat('en').format(Infinity, 'day')
    },
    () => { new Intl.ListFormat('en').format(5)
    },
    () => { new Intl.ListFormat('en').format([1])
    },
    () => { new Intl.DisplayNames('en')
    },
    () => { (5).toLocaleString('xx_YY')
    },
    () => { (5).toLocaleString('en', { style: 'currency', currency: w.payload.nope })
    },
    () => { (5).toLocaleString('en', { style: 'currency', currency: 'US' })
    },
    () => { (5).toLocaleString(5)
    },
    () => { (5).toLocaleString(null)
    },
    () => { 'a'.localeCompare('b', 'xx_YY')
    },
    () => { 'a'.toLocaleUpperCase('xx_YY')
    },
    () => { label: { w.nope.x }
    },
    () => { try { w.nope.x } catch (e) { e.nope.x }
    },
    () => { try { w.nope.x } finally { }
    },
    () => { with1.x
    },
    () => { void w.nope.x
    },
    () => { !w.nope.x
    },
    () => { -w.nope.x
    },
    () => { w.nope.x + 1
    },
    () => { 1 + w.nope.x
    },
    () => { w.nope.x ? 1 : 2
    },
    () => { w.a && w.nope.x
    },
    () => { w.payload && w.nope.x
    },
    () => { w.a || w.nope.x
    },
    () => { w.a ?? w.nope.x
    },
    () => { [w.nope.x]
    },
    () => { ({ a: w.nope.x })
    },
    () => { ({ [w.nope.x]: 1 })
    },
    () => { `${w.nope.x}`
    },
    () => { f1(w.nope.x)
    },
    () => { console.log(w.nope.x)
    },
    () => { console.log('a', w.nope.x.y, 'b')
    },
    () => { String(w.nope.x)
    },
    () => { JSON.stringify(w.nope.x)
    },
    () => { [1, 2].includes(w.nope.x)
    },
    () => { w.payload.x = w.nope.x
    },
    () => { w.payload.x = w.nope.x()
    },
    () => { w.payload = { a: w.nope.x, b: 1 }
    },
    () => { w.payload = { a: 1, b: { c: w.nope.x.y } }
    },
    () => { const { x = w.nope.y } = w
    },
    () => { const x = w.nope?.y, z = w.nope.y
    },
    () => { let i = 0; i += w.nope.x
    },
    () => { if (w.nope.x) {}
    },
    () => { if (w.a === w.nope.x) {}
    },
    () => { return w.nope.x
    },
    () => { return await2(w.nope.x)
    },
    () => { throw w.nope.x
    },
    () => { switch (w.nope.x) {}
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
