// A clock that stands still, and random values that are the same in every run: for test cases, never for live events.
(function (host) {
  "use strict";
  const { construct } = Reflect, { defineProperty } = Object, { imul } = Math;
  const put = (target, key, value) => defineProperty(target, key, { value, writable: true, configurable: true });

  return {
    begin(now) {
      const Before = Date; // the engine's, or ours around it
      const Fixed = new Proxy(Before, {
        apply() {
          return `${new Before(now)}`;
        },
        construct(target, values, newTarget) {
          return construct(target, values.length ? values : [now], newTarget === Fixed ? target : newTarget);
        },
      });
      put(host.date ?? Before, "now", { now: () => now }.now);
      put(Before.prototype, "constructor", Fixed);
      put(globalThis, "Date", Fixed);

      let state = 0x2545f491;
      const ours = {
        random() {
          state = (state + 0x6d2b79f5) | 0;
          let mixed = imul(state ^ (state >>> 15), state | 1);
          mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
          return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
        },
      };
      put(Math, "random", ours.random);
      if (typeof performance === "object") put(globalThis, "performance", { now: () => 0, timeOrigin: now });
    },
  };
});
