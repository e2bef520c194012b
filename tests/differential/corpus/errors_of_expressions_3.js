// Each case fails in its own way; what is said and where is compared.
function handler(w) {
  const cases = [
    () => { const q = 'a+b('; new RegExp(q, 'gi')
    },
    () => { const q = 'c++'; new RegExp(q)
    },
    () => { const q = '[x'; new RegExp(q)
    },
    () => { const q = '*.pdf'; 'x'.match(new RegExp(q))
    },
    () => { const q = '\\'; new RegExp(q)
    },
    () => { RegExp('(')
    },
    () => { /a/.exec('b')[0]
    },
    () => { /a/.exec('b').index
    },
    () => { /a/.foo()
    },
    () => { const { a } = null
    },
    () => { const { a } = undefined
    },
    () => { const { a } = w.payload.nope
    },
    () => { const { a: { b } } = w.payload
    },
    () => { const { data: { nope: { b } } } = w.payload
    },
    () => { const { data: { customer: { address: { city } } } } = w.payload
    },
    () => { const { a } = w.payload.nope.deep
    },
    () => { const { a, b } = null
    },
    () => { const { ['a' + 1]: b } = undefined
    },
    () => { const [a] = null
    },
    () => { const [a] = undefined
    },
    () => { const [a] = 5
    },
    () => { const [a] = w.payload.nope
    },
    () => { let a; ({ a } = undefined)
    },
    () => { let a; ({ a } = w.payload.nope)
    },
    () => { for (const x of undefined) {}
    },
    () => { for (const x of w.payload) {}
    },
    () => { for (const x of w.payload.data) {}
    },
    () => { for (const x of w.payload.nope) {}
    },
    () => { for (const x of w.payload.data.nope) {}
    },
    () => { for (const [k, v] of w.payload.data) {}
    },
    () => { for (const [k, v] of Object.keys(w.payload)) { v.x.y }
    },
    () => { for (const x of w.payload.data.customer.name.nope) {}
    },
    () => { for (const x of w.payload.items.list) {}
    },
    () => { for (const x of Object.keys(w.payload.nope)) {}
    },
    () => { for (const k in w.payload.nope.x) {}
    },
    () => { [...undefined]
    },
    () => { [...w.payload]
    },
    () => { [...w.payload.nope]
    },
    () => { [...w.payload.data.customer]
    },
    () => { [...w.payload.nope()]
    },
    () => { const p = {}; [...p.matchAll(/x/g)]
    },
    () => { const p = {}; [...p.a.b]
    },
    () => { [1, ...w.payload.nope, 2]
    },
    () => { Math.max(...w.payload)
    },
    () => { const f = (...a) => a; f(...w.payload)
    },
    () => { const a = [1]; a.push(...w.payload.data)
    },
    () => { ({ ...null, ...undefined }).a.b
    },
    () => { String.raw(null)
    },
    () => { nope
    },
    () => { nope.x
    },
    () => { nope()
    },
    () => { nope.x()
    },
    () => { nope(1, 2)
    },
    () => { new Nope()
    },
    () => { new nope.X()
    },
    () => { nope = nope + 1
    },
    () => { const x = nope; 
    },
    () => { const x = nope.y.z
    },
    () => { const x = [nope]
    },
    () => { const x = { a: nope }
    },
    () => { const x = { a: 1, b: nope.c }
    },
    () => { const x = w.payload.data ? nope : 1
    },
    () => { const x = `a ${nope} b`
    },
    () => { const x = `a ${nope.b} c ${w.x}`
    },
    () => { const x = 1 + nope
    },
    () => { const x = nope + 1
    },
    () => { const x = w.payload.data.total_amount * nope
    },
    () => { w.payload.text = nope
    },
    () => { w.payload.text = 'a' + nope
    },
    () => { w.payload.text = `a ${nope}`
    },
    () => { w.payload = { text: nope }
    },
    () => { w.payload = { a: { b: [nope] } }
    },
    () => { w.payload.data[nope]
    },
    () => { w.payload.data.customer.name.replace(nope, 'x')
    },
    () => { console.log(nope)
    },
    () => { console.log('a', nope)
    },
    () => { console.log(`a ${nope}`)
    },
    () => { console.log(w.payload.nope.x)
    },
    () => { if (nope) {}
    },
    () => { if (nope.x) {}
    },
    () => { if (!nope) {}
    },
    () => { if (w.x && nope) {}
    },
    () => { if (w.payload && nope) {}
    },
    () => { if (w.eventType === nope) {}
    },
    () => { if (nope === w.eventType) {}
    },
    () => { for (let i = 0; i < nope.length; i++) {}
    },
    () => { for (let i = 0; i < w.payload.nope.length; i++) {}
    },
    () => { switch (nope) {}
    },
    () => { switch (w.eventType) { case nope: }
    },
    () => { return nope
    },
    () => { return nope.x
    },
    () => { return w.payload && nope
    },
    () => { return { a: nope }
    },
    () => { return [nope]
    },
    () => { throw nope
    },
    () => { throw new Nope('x')
    },
    () => { const f = () => nope; f()
    },
    () => { const f = () => nope.x; f()
    },
    () => { const f = () => ({ a: nope }); f()
    },
    () => { const f = () => { return nope }; f()
    },
    () => { const f = x => x.y.z; f({})
    },
    () => { const f = x => x.y.z; f()
    },
    () => { const f = ({ a }) => a; f()
    },
    () => { const f = (a = w.nope.x) => a; f()
    },
    () => { function f({ a, b }) {} f()
    },
    () => { function f(x, { a }) {} f(1)
    },
    () => { function f({ a: { b } }) {} f({})
    },
    () => { [undefined].map(({ a }) => a)
    },
    () => { [null].map(x => x.id)
    },
    () => { [undefined].map(x => x.id)
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
