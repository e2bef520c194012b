// Expected: returned, time limit, memory limit, threw
function handler(w) { new (class extends new Proxy(function () {}, { get(t, k) { return k === 'prototype' ? null : t[k] } }) {}); return w }
