// Date, which reads a text as V8 does. The usual form of a moment is read by the engine itself.
(function (host) {
  "use strict";
  const { construct } = Reflect, { date: Native } = host, { parse } = Native, { defineProperty } = Object;
  const USUAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;
  const { exec } = RegExp.prototype, { apply } = Reflect;
  const read = (text) => (apply(exec, USUAL, [text]) ? parse(text) : clip(host.load("dateparse").parse(text)));
  const clip = (time) => (time >= -8.64e15 && time <= 8.64e15 ? time + 0 : NaN);

  const made = new Proxy(Native, {
    apply() {
      return `${new Native()}`;
    },
    construct(target, values, newTarget) {
      const given = values.length === 1 && typeof values[0] === "string" ? [read(values[0])] : values;
      return construct(target, given, newTarget === made ? target : newTarget);
    },
  });
  const ours = {
    parse(text) {
      return read(`${text}`);
    },
  };
  defineProperty(Native, "parse", { value: ours.parse, writable: true, configurable: true });
  defineProperty(Native.prototype, "constructor", { value: made, writable: true, configurable: true });
  return { Date: made };
});
