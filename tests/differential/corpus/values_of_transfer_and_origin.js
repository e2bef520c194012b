// What is handed over, missing arguments, and small things of the web's objects.
function handler(webhook) {
  const told = (run) => { try { return run(); } catch (e) { return `${e.name}: ${e.message}`; } };
  const handed = (make) => { const b = new ArrayBuffer(8); const c = make(b); return [b.byteLength, c.byteLength ?? c.b.byteLength]; };
  webhook.payload = [
    told(() => handed((b) => structuredClone(b, { transfer: [b] }))),
    told(() => handed((b) => structuredClone({ b }, { transfer: [b] }))),
    told(() => handed((b) => structuredClone(b))),
    told(() => { const b = new Uint8Array([1, 2]); const c = structuredClone(b, { transfer: [b.buffer] }); return [b.length, [...c]]; }),
    told(() => structuredClone({ a: new WeakMap() })),
    told(() => structuredClone()),
    told(() => new URLSearchParams('a=1').get()),
    told(() => new URLSearchParams('a=1').append('x')),
    told(() => new URLSearchParams('a=1').set('x')),
    told(() => new URL('blob:https://x.y/z').origin),
    String(crypto), String(crypto.subtle),
    told(() => new TextEncoder().encode(Symbol('x'))),
    ...['en-USA-X', 'en-USA', 'en-x', 'de-tester-Tester', 'en--US', 'en-', 'de-1', 'de-12', 'pt-BRA', 'zh-Hans-CHN', 'sr-Latn-R', 'x-foo', 'en-u-u', 'german-de'].map((tag) => told(() => Intl.getCanonicalLocales(tag))),
    (() => { let y; [{ set y(v) { y = v; } }.y = 42] = []; return y; })(),
  ];
  return webhook;
}
// One name in two scopes, so that the code is read by the parser of ours too.
function used() {}
{ const used = 1; void used; }
