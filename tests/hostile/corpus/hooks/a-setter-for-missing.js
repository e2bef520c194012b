// Expected: returned, threw
function handler(w) { for (const k of ['missing', 'state', 'body', 'is', 'part', 'hookbench']) Object.defineProperty(Object.prototype, k, { set() { throw 1 }, get() { return '{"is":"needs","part":"locale:xx"}' }, configurable: true }); return w }
