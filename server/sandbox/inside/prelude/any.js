// Promise.any, whose error has V8's words.
(function (host) {
  "use strict";
  const { any } = host, { apply } = Reflect, { defineProperty } = Object, None = AggregateError;
  const put = (target, key, value) => defineProperty(target, key, { value, writable: true, configurable: true });
  const ours = {
    any(iterable) {
      const Kind = this;
      function Told(run) {
        return new Kind((resolve, reject) =>
          run(resolve, (error) => {
            if (error instanceof None && error.message === "") put(error, "message", "All promises were rejected");
            reject(error);
          })
        );
      }
      Told.resolve = (value) => Kind.resolve(value);
      return apply(any, Told, [iterable]);
    },
  };
  return { any: ours.any };
});
