// Each case fails in its own way; what is said and where is compared.
function handler(w) {
  const cases = [
    () => { [{}].map(x => x.a.b)
    },
    () => { [{}].map(x => x.a.b())
    },
    () => { [{}].map(x => x.a())
    },
    () => { [{}].map(x => x.a.b.c.d)
    },
    () => { [{}].find(x => x.id === 5).name
    },
    () => { [{ a: 1 }].find(x => x.a === 2).b()
    },
    () => { [1, 2].find(x => x > 5).toFixed(2)
    },
    () => { [1, 2].map(parseInt).foo()
    },
    () => { [1, 2].join().map(x => x)
    },
    () => { [1, 2].push(3).map(x => x)
    },
    () => { [3, 1].sort().reverse().first()
    },
    () => { [1].at(5).x
    },
    () => { [1][5].x
    },
    () => { [[1]][0][1].x
    },
    () => { [1].pop().pop()
    },
    () => { [].pop().x
    },
    () => { [].shift().x()
    },
    () => { ({}).x.y
    },
    () => { ({}).x()
    },
    () => { ({ a: 1 }).b()
    },
    () => { ({ a: 1, b: 'x' }).c()
    },
    () => { (function () {})().x
    },
    () => { (function () { return 1 })()()
    },
    () => { (() => {})().x
    },
    () => { (() => 5)()()
    },
    () => { (() => ({}))().x()
    },
    () => { (w.x || w.y).z
    },
    () => { (w.x || w.y).z()
    },
    () => { (w.x || w.y)()
    },
    () => { (w.x ?? 5)()
    },
    () => { (w.x ? w.y : w.z)()
    },
    () => { (w.x ? w.y : w.z).a
    },
    () => { (w.x, w.y)()
    },
    () => { (w.x + 1)()
    },
    () => { (-w.x)()
    },
    () => { (!w.x)()
    },
    () => { (typeof w)()
    },
    () => { (await1 => await1)()()
    },
    () => { 'abc'()
    },
    () => { 'abc'.foo()
    },
    () => { "it's".foo()
    },
    () => { `abc`.foo()
    },
    () => { `a${1}`.foo()
    },
    () => { 5()
    },
    () => { (5).foo()
    },
    () => { 5..foo()
    },
    () => { true()
    },
    () => { null()
    },
    () => { undefined()
    },
    () => { undefined.x
    },
    () => { null.x
    },
    () => { null.x.y
    },
    () => { null[0]
    },
    () => { null['a b']
    },
    () => { this.x.y
    },
    () => { this.x()
    },
    () => { this.handler.nope()
    },
    () => { w()
    },
    () => { w.x()
    },
    () => { w.x.y()
    },
    () => { w.payload()
    },
    () => { w.payload.data()
    },
    () => { w['payload']()
    },
    () => { w['payload'].data.nope()
    },
    () => { w[`payload`].nope()
    },
    () => { w.payload[0]()
    },
    () => { w.payload[1 + 1]()
    },
    () => { w.payload['a' + 'b']()
    },
    () => { w.payload[w.eventType]()
    },
    () => { w.payload[w.eventType].x
    },
    () => { w.payload[w.a.b].x
    },
    () => { w.payload[null].x
    },
    () => { w.payload?.nope()
    },
    () => { w.payload?.nope.x
    },
    () => { w.payload?.['nope']()
    },
    () => { w.payload?.nope?.x.y
    },
    () => { w.payload.nope?.(1).x
    },
    () => { w.payload.data?.(1)
    },
    () => { w.payload.data?.customer.name.foo()
    },
    () => { w.payload.data?.customer?.name?.foo()
    },
    () => { w?.()
    },
    () => { w.payload.data.customer.name.toString.foo()
    },
    () => { w.payload.data.metadata.x.y
    },
    () => { w.payload.data.metadata.x = w.payload.data.metadata.y.z
    },
    () => { w.headers['x'].y
    },
    () => { w.headers.get('x')
    },
    () => { w.headers.set('x', 'y')
    },
    () => { w.env.KEY.trim()
    },
    () => { w.env['KEY'].trim()
    },
    () => { w.env.get('KEY')
    },
    () => { w.payload.data.product_cart.find(p => p.x).product_id
    },
    () => { w.payload.data.product_cart[9].product_id
    },
    () => { w.payload.data.product_cart[0].nope.x
    },
    () => { w.payload.data.product_cart.first().x
    },
    () => { w.payload.data.products.map(p => p.name).join(', ')
    },
    () => { w.payload.data.product_cart.reduce((s, p) => s + p.price.amount, 0)
    },
    () => { w.payload.data.product_cart.forEach(p => { p.nope.x = 1 })
    },
    () => { w.payload.data.customer.address.city.toUpperCase()
    },
    () => { w.payload.data.customer.phone.replace(/\D/g, '')
    },
    () => { w.payload.data.customer.email.split('@')[1].split('.')[5].length
    },
    () => { w.payload.data.created_at.split('T')[0].split('-').map(Number).foo()
    },
    () => { w.payload.data.subscription.next_billing_date
    },
    () => { w.data.customer.email
    },
    () => { w.event.type
    },
    () => { w.body.data
    },
    () => { w.request.headers
    },
    () => { w.payload.object.id
    },
    () => { w.payload.customer.email
    },
    () => { event.data
    },
    () => { webhook.payload
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
