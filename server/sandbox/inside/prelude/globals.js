// The globals, and the methods of globals, that the code may touch. Each is made when it is touched first.
(function (host) {
  "use strict";
  const { load, parse, stringify } = host;
  const { defineProperty } = Object;
  const { apply } = Reflect;
  const put = (target, key, value) => defineProperty(target, key, { value, writable: true, configurable: true });

  function offer(part, name, target, key) {
    const get = () => (put(target, key, load(part)[name]), target[key]);
    defineProperty(target, key, { get, set: (value) => put(target, key, value), configurable: true });
  }

  // The engine's own, whose errors get V8's words.
  function wrap() {
    const json = {
      parse(text, reviver) {
        try {
          return parse(text, reviver);
        } catch (error) {
          throw load("json").ofParse(error, text);
        }
      },
      stringify(value, replacer, space) {
        try {
          return stringify(value, replacer, space);
        } catch (error) {
          throw load("json").ofStringify(error, value);
        }
      },
    };
    put(JSON, "parse", json.parse);
    put(JSON, "stringify", json.stringify);
  }

  // A method of the language is there from the start, as whoever looks at it expects; its work is loaded when called.
  function stub(part, name, key) {
    if (key === "localeCompare" || key === "toString" && part === "radix") return { [key](that) { return apply(load(part)[name], this, arguments); } }[key];
    return { [key]() { return apply(load(part)[name], this, arguments); } }[key];
  }

  // Numbers of a typed array are written as those of others.
  function typed() {
    const prototype = Object.getPrototypeOf(Uint8Array.prototype), { values } = prototype;
    put(prototype, "toLocaleString", { toLocaleString() { return load("intl").typedToText(values, this, arguments[0], arguments[1]); } }.toLocaleString);
  }

  const { rows, all } = load("globals wanted");
  for (let i = 0; i < rows.length; i += 4) {
    if (rows[i] === "json") wrap();
    if (rows[i] === "date") host.date = Date;
    if (rows[i] === "math") host.math = Math;
    if (rows[i] === "limit") defineProperty(Error, "stackTraceLimit", { value: 10, writable: true, enumerable: true, configurable: true });
    if (rows[i] === "any") load("any");
    if (rows[i] === "radix") host.numberToString = Number.prototype.toString;
    if (rows[i + 1] === "Array.toLocaleString" && typeof Uint8Array === "function") typed();
    if (rows[i] === "json" || rows[i] === "limit" || rows[i] === "any") continue;
    if (rows[i + 2]) put(globalThis[rows[i + 2]].prototype, rows[i + 3], stub(rows[i], rows[i + 1], rows[i + 3]));
    else if (all && rows[i] === "date") put(globalThis, "Date", load("date").Date);
    else offer(rows[i], rows[i + 1], globalThis, rows[i + 3]);
  }
});
