// structuredClone: deep copies with cycles, and the types that JSON loses.
(function (host) {
  "use strict";
  const refused = (what) => new DOMException(`${what} could not be cloned.`, "DataCloneError");

  function copy(value, known) {
    if (typeof value === "symbol") throw refused(String(value));
    if (typeof value === "function") throw refused(Function.prototype.toString.call(value).slice(0, 200));
    if (value === null || typeof value !== "object") return value;
    if (known.has(value)) return known.get(value);
    const remember = (made) => (known.set(value, made), made);
    if (value instanceof Date) return remember(new Date(value.getTime()));
    if (value instanceof RegExp) return remember(new RegExp(value.source, value.flags));
    if (value instanceof Boolean || value instanceof Number || value instanceof String) {
      return remember(Object(value.valueOf()));
    }
    if (value instanceof ArrayBuffer) return remember(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = copy(value.buffer, known);
      return remember(new value.constructor(buffer, value.byteOffset, value.length ?? value.byteLength));
    }
    if (value instanceof Map) {
      const made = remember(new Map());
      for (const [key, item] of [...value]) made.set(copy(key, known), copy(item, known));
      return made;
    }
    if (value instanceof Set) {
      const made = remember(new Set());
      for (const item of [...value]) made.add(copy(item, known));
      return made;
    }
    if (value instanceof Error) return remember(copyError(value, known));
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
      throw refused(Object.prototype.toString.call(value));
    }
    const made = remember(Array.isArray(value) ? new Array(value.length) : {});
    for (const key of Object.keys(value)) made[key] = copy(value[key], known);
    host.digits?.copied(value, made);
    return made;
  }

  function copyError(error, known) {
    const kinds = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
    const made = new (kinds[error.name] ?? Error)(error.message);
    if ("cause" in error) made.cause = copy(error.cause, known);
    made.stack = error.stack;
    return made;
  }

  // Buffers that are handed over are empty afterwards.
  function structuredClone(value, options) {
    if (!arguments.length) throw new TypeError("The value argument must be specified");
    const given = [...(options?.transfer ?? [])];
    for (const each of given) {
      if (!(each instanceof ArrayBuffer)) throw new DOMException("Value not transferable", "DataCloneError");
    }
    const made = copy(value, new Map());
    for (const each of given) each.transfer();
    return made;
  }
  return { structuredClone };
});
