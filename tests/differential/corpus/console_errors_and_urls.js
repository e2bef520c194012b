class ValidationError extends Error { constructor(m, f) { super(m); this.name = 'ValidationError'; this.field = f; } }
class PlainError extends Error {}
class HttpError extends Error { get name() { return 'HttpError'; } }
function handler(w) {
  const e = new Error('boom');
  console.log(e); console.log('x', e); console.log({ e }); console.log([e]); console.error('%s', e); console.log(`${e}`); console.log(e.message);
  console.log(new TypeError('t')); console.log(new PlainError('p')); console.log(new ValidationError('v', 'email')); console.log(new HttpError('h'));
  console.log(Object.assign(new Error('c'), { code: 'E1', status: 404 }));
  console.log(new Error('outer', { cause: new Error('inner') }));
  console.log(new Error('outer', { cause: 'text' }));
  console.log(new AggregateError([new Error('a')], 'agg'));
  try { w.nope.x } catch (err) { console.log(err); console.log(err.name, err.message); console.log(String(err)); }
  try { JSON.parse('{') } catch (err) { console.error('Parse failed:', err); console.log(err.message) }
  
  const s = new Error(''); console.log(s);
  const m = new Error('multi\nline'); console.log(m); console.log({ deep: { err: m } });
  const u = new URL('https://user:pw@example.com:8080/p/a?x=1&y=2#h'); console.log(u); console.log({ u }); console.log(u.searchParams); console.log(new URLSearchParams()); console.log([u]); console.log(new URLSearchParams({a:'1',b:"it's"})); console.log({a:{b:{c:u}}}); console.log({a:{b:{u}}}); console.log('%s', u); console.log(`${u}`); console.log(u.href, u.searchParams.get('x'));
  console.log(new TextEncoder().encode('hé'));
  console.log([1,2,3].map(String), [..."héllo"], Object.fromEntries([['a',1]]));
  console.log(structuredClone({a:new Date(0),m:new Map([[1,2]])}));
  return w;
}
