// Each case fails in its own way; what is said and where is compared.
function handler(w) {
  const cases = [
    () => { payload.data
    },
    () => { data.customer
    },
    () => { $json.x
    },
    () => { req.body
    },
    () => { module.exports = {}
    },
    () => { exports.handler = 1
    },
    () => { process.env.X
    },
    () => { Buffer.from('x')
    },
    () => { window.x
    },
    () => { document.x
    },
    () => { __dirname
    },
    () => { axios.post('x')
    },
    () => { _.get(w, 'x')
    },
    () => { moment().format()
    },
    () => { $('x')
    },
    () => { const a = 1; a = 2
    },
    () => { const a = 1; a += 2
    },
    () => { const a = 1; a++
    },
    () => { const a = 1; ++a
    },
    () => { const a = 1; a ||= 2
    },
    () => { const a = 1; [a] = [2]
    },
    () => { const a = 1; ({ a } = { a: 2 })
    },
    () => { const a = 1; for (a of [1]) {}
    },
    () => { const a = 1; const f = () => { a = 2 }; f()
    },
    () => { for (const i = 0; i < 2; i++) {}
    },
    () => { for (const x of [1]) { x = 2 }
    },
    () => { for (const x of [1]) { x++ }
    },
    () => { a; let a = 1
    },
    () => { a(); const a = () => 1
    },
    () => { f(); let f = () => 1
    },
    () => { const a = a + 1
    },
    () => { const { a } = a
    },
    () => { let x = x
    },
    () => { const w2 = w2.payload
    },
    () => { const b = c; const c = 1
    },
    () => { const f = () => z; f(); const z = 1
    },
    () => { class A { m() { return this.x.y } } new A().m()
    },
    () => { class A { m() { return this.n() } } new A().m()
    },
    () => { class A { get g() { return this.x.y } } new A().g
    },
    () => { class A { static s() { return this.x.y } } A.s()
    },
    () => { class A { #p = 1; static m(o) { return o.#p } } A.m({})
    },
    () => { class A {} A()
    },
    () => { class A {} A.x()
    },
    () => { class A {} new A().x()
    },
    () => { class A {} new A().x.y
    },
    () => { class B {} class A extends B { m() { super.m() } } new A().m()
    },
    () => { class B {} class A extends B { m() { super.x.y } } new A().m()
    },
    () => { class A { static x = nope }
    },
    () => { class E extends Error {} throw new E('x')
    },
    () => { function F() { this.x.y } new F()
    },
    () => { function F() { this.x.y } F()
    },
    () => { function F() {} F.x()
    },
    () => { function F() {} new F().x()
    },
    () => { const f = () => {}; new f()
    },
    () => { const f = async () => {}; new f()
    },
    () => { const o = { m() {} }; new o.m()
    },
    () => { new Math.max()
    },
    () => { new Math()
    },
    () => { new JSON()
    },
    () => { new w()
    },
    () => { new w.x()
    },
    () => { new w.payload.x.y()
    },
    () => { new (w.x)()
    },
    () => { new (w.x())()
    },
    () => { new 5()
    },
    () => { new 'x'()
    },
    () => { new (() => {})()
    },
    () => { new Date.now()
    },
    () => { new Intl()
    },
    () => { new parseInt('5')
    },
    () => { new console.log('x')
    },
    () => { Math.foo()
    },
    () => { Math.sum([1])
    },
    () => { Math.x.y
    },
    () => { JSON.foo()
    },
    () => { Object.foo()
    },
    () => { Object.map({}, x => x)
    },
    () => { Array.foo()
    },
    () => { [].contains(1)
    },
    () => { [].first()
    },
    () => { [].size()
    },
    () => { [].isEmpty()
    },
    () => { 'a'.contains('b')
    },
    () => { 'a'.format()
    },
    () => { 'a'.capitalize()
    },
    () => { 'a'.strip()
    },
    () => { 'a'.length()
    },
    () => { [].length()
    },
    () => { w.payload.length()
    },
    () => { w.payload.data.has('x')
    },
    () => { w.payload.data.get('x')
    },
    () => { w.payload.hasOwnProperty.x.y
    },
    () => { Object.create(null).hasOwnProperty('x')
    },
    () => { Object.create(null) + ''
    },
    () => { String(Object.create(null))
    },
    () => { ({ toString: 5, valueOf: 5 }) + ''
    },
    () => { +{ [Symbol.toPrimitive]: () => ({}) }
    },
    () => { 'x' in 'abc'
    },
    () => { 'x' in 5
    },
    () => { 'x' in null
    },
    () => { 'x' in undefined
    },
    () => { 'x' in w.payload.nope
    },
    () => { 'x' in w.payload.data.currency
    },
    () => { 'data' in w.eventType
    },
    () => { 0 in 'abc'
    },
    () => { const k = 'x'; k in 'abc'
    },
    () => { const k = 'x', t = 'some text'; k in t
    },
    () => { const k = 5; k in true
    },
    () => { w.payload.nope in 'abc'
    },
    () => { 'a' + 1 in 'abc'
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
