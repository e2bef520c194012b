// How Node prints a value: `show(value, {depth, hidden, compact})`. Nothing of the user's is called on the way but
// what Node calls too; getters are named, not read.
(function (host) {
  "use strict";
  const { keys: keysOf, getPrototypeOf, getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, hasOwn } =
    Object;
  const { isArray } = Array;
  const CUSTOM = Symbol.for("nodejs.util.inspect.custom");
  const LINE = 80, ITEMS = 100, LONGEST = 10000, MOST_ON_A_LINE = 3;
  const ESCAPED = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\", "'": "\\'" };

  function quoted(text) {
    const mark = !text.includes("'")
      ? "'"
      : !text.includes('"')
      ? '"'
      : !text.includes("`") && !text.includes("${")
      ? "`"
      : "'";
    const escaped = text.replace(/[\x00-\x1f\x5c\x7f-\x9f']|\p{Surrogate}/gu, (sign) => {
      if (sign === "'" && mark !== "'") return sign;
      const code = sign.charCodeAt(0);
      return ESCAPED[sign] ??
        (code > 255 ? "\\u" + code.toString(16) : "\\x" + (code < 16 ? "0" : "") + code.toString(16).toUpperCase());
    });
    return mark + escaped + mark;
  }

  // Columns on a terminal: signs of East Asia and emoji take two, combining marks none.
  function widthOf(text) {
    if (/^[\x20-\x7e]*$/.test(text)) return text.length;
    let width = 0;
    for (const sign of text.normalize("NFC")) {
      const code = sign.codePointAt(0);
      if (code < 32 || (code >= 127 && code < 160) || /[\p{M}\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f]/u.test(sign)) {
        continue;
      }
      width +=
        /[\u1100-\u115f\u231a\u231b\u2329\u232a\u23e9-\u23ec\u2e80-\u303e\u3040-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u
            .test(sign)
          ? 2
          : 1;
    }
    return width;
  }

  const isInstance = (value, kind) => {
    try {
      return value instanceof kind;
    } catch {
      return false;
    }
  };
  // By a method that only works on the real thing; a class that merely extends it counts. Nobody sees what it throws,
  // so that is not put into words: it would cost more than all the rest.
  const really = (method, ...args) => (value) => {
    host.isProbing = true;
    try {
      method.call(value, ...args);
      return true;
    } catch {
      return false;
    } finally {
      host.isProbing = false;
    }
  };
  const getter = (kind, name) => getOwnPropertyDescriptor(kind.prototype, name).get;
  const isMap = really(getter(Map, "size")),
    isSet = really(getter(Set, "size")),
    isDate = really(Date.prototype.getTime);
  const isWeakMap = really(WeakMap.prototype.has, {}), isWeakSet = really(WeakSet.prototype.has, {});
  const isBuffer = really(getter(ArrayBuffer, "byteLength")), isRegExp = really(getter(RegExp, "source"));
  const typedName = getter(getPrototypeOf(Uint8Array), Symbol.toStringTag);
  const tagged = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const boxes = [[String, "String"], [Number, "Number"], [Boolean, "Boolean"], [BigInt, "BigInt"], [Symbol, "Symbol"]]
    .map(([kind, name]) => [name, kind.prototype.valueOf, really(kind.prototype.valueOf)]);

  // The class, or null for an object without one.
  function classOf(object) {
    const first = object;
    for (let at = object; at; at = getPrototypeOf(at)) {
      const found = getOwnPropertyDescriptor(at, "constructor");
      if (found && typeof found.value === "function" && found.value.name !== "" && isInstance(first, found.value)) {
        return String(found.value.name);
      }
    }
    return getPrototypeOf(object) === null
      ? null
      : `${tagged(object)} <${
        getPrototypeOf(getPrototypeOf(object)) === null ? "[Object: null prototype] {}" : "Complex prototype"
      }>`;
  }

  function prefix(name, tag, fallback, size = "") {
    if (name === null) {
      return tag !== "" && fallback !== tag
        ? `[${fallback}${size}: null prototype] [${tag}] `
        : `[${fallback}${size}: null prototype] `;
    }
    return tag !== "" && name !== tag ? `${name}${size} [${tag}] ` : `${name}${size} `;
  }

  function show(value, { depth = 2, hidden = false, width = LINE, items = ITEMS } = {}) {
    const state = { depth, hidden, width, items, indent: 0, current: 0, seen: [], circles: new Map() };
    return shown(state, value, 0, true);
  }

  function shown(state, value, level, _isTyped) {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) {
      return primitive(state, value, level);
    }
    const custom = value[CUSTOM];
    if (typeof custom === "function" && !hasOwn(value, "constructor")) {
      const made = custom.call(
        value,
        state.depth - level,
        { depth: state.depth - level },
        (inner, options) => show(inner, options),
      );
      if (made !== value) {
        return typeof made === "object"
          ? shown(state, made, level)
          : String(made).replaceAll("\n", "\n" + " ".repeat(state.indent));
      }
    }
    if (state.seen.includes(value)) {
      if (!state.circles.has(value)) state.circles.set(value, state.circles.size + 1);
      return `[Circular *${state.circles.get(value)}]`;
    }
    return raw(state, value, level);
  }

  function primitive(state, value, _level) {
    if (typeof value === "string") {
      let rest = "";
      if (value.length > LONGEST) {
        const more = value.length - LONGEST;
        value = value.slice(0, LONGEST);
        rest = `... ${more} more character${more > 1 ? "s" : ""}`;
      }
      const lines = value.length > 16 && value.length > state.width - state.indent - 4
        ? value.split(/(?<=\n)/)
        : [value];
      return lines.map(quoted).join(` +\n${" ".repeat(state.indent + 2)}`) + rest;
    }
    if (typeof value === "bigint") return value + "n";
    return Object.is(value, -0) ? "-0" : String(value);
  }

  function namesOf(state, value, isList) {
    const symbols = getOwnPropertySymbols(value);
    const names = state.hidden ? getOwnPropertyNames(value) : keysOf(value);
    const all = [
      ...names,
      ...(state.hidden ? symbols : symbols.filter((symbol) => getOwnPropertyDescriptor(value, symbol)?.enumerable)),
    ];
    return isList
      ? all.filter((name) => typeof name === "symbol" || !/^(?:0|[1-9]\d*)$/.test(name) || Number(name) > 2 ** 32 - 2)
      : all;
  }

  const NOTHING = () => [];

  // What stands around the entries, which entries there are, and which named properties follow.
  function form(state, value, name, tag) {
    const of = (fallback, size) => prefix(name, tag, fallback, size);
    if (isArray(value)) {
      const names = namesOf(state, value, true);
      return {
        open: `${name !== "Array" || tag !== "" ? of("Array", `(${value.length})`) : ""}[`,
        close: "]",
        names,
        entries: elements,
        isList: true,
        short: true,
        size: value.length,
      };
    }
    const typed = typedName.call(value);
    if (typed) {
      return {
        open: of(typed, `(${value.length})`) + "[",
        close: "]",
        names: namesOf(state, value, true),
        entries: numbers,
        isList: true,
        short: true,
        size: value.length,
      };
    }
    const names = namesOf(state, value);
    if (isSet(value)) {
      return {
        open: of("Set", `(${value.size})`) + "{",
        close: "}",
        names,
        entries: members,
        short: true,
        size: value.size,
      };
    }
    if (isMap(value)) {
      return {
        open: of("Map", `(${value.size})`) + "{",
        close: "}",
        names,
        entries: pairs,
        short: true,
        size: value.size,
      };
    }
    if (typeof value === "function") return { base: functionText(value, name, tag), names };
    if (tagged(value) === "Arguments" && name === "Object" && tag === "") {
      return { open: "[Arguments] {", names, short: true, size: 0 };
    }
    if (isInstance(value, Error) || tagged(value) === "Error") return { ...errorText(state, value, name, tag, names) };
    if (isDate(value)) {
      return {
        base: (of("Date") === "Date " ? "" : of("Date")) +
          (isNaN(value) ? "Invalid Date" : Date.prototype.toISOString.call(value)),
        names,
      };
    }
    if (isRegExp(value) && value !== RegExp.prototype) {
      return { base: (of("RegExp") === "RegExp " ? "" : of("RegExp")) + RegExp.prototype.toString.call(value), names };
    }
    const box = boxes.find(([, , is]) => is(value));
    if (box) {
      return {
        base: boxText(state, value, box, name, tag),
        names: box[0] === "String" ? namesOf(state, value, true).filter((key) => key !== "length") : names,
      };
    }
    if (isBuffer(value)) return { open: of("ArrayBuffer") + "{", names, entries: bytes };
    if (ArrayBuffer.isView(value)) {
      return { open: of("DataView") + "{", names: ["byteLength", "byteOffset", "buffer", ...names] };
    }
    if (isInstance(value, Promise)) return { open: of("Promise") + "{", names, entries: () => ["<pending>"] };
    if (isWeakSet(value)) return { open: of("WeakSet") + "{", names, entries: () => ["<items unknown>"] };
    if (isWeakMap(value)) return { open: of("WeakMap") + "{", names, entries: () => ["<items unknown>"] };
    return { open: name === "Object" && tag === "" ? "{" : of("Object") + "{", names, short: true, size: 0 };
  }

  function raw(state, value, level) {
    const name = classOf(value);
    let tag = value[Symbol.toStringTag];
    if (
      typeof tag !== "string" ||
      (tag !== "" && hasOwn(value, Symbol.toStringTag) &&
        (state.hidden || getOwnPropertyDescriptor(value, Symbol.toStringTag).enumerable))
    ) tag = "";
    const { base = "", open = "{", close = "}", names, entries = NOTHING, isList = false, short = false, size = 0 } =
      form(state, value, name, tag);
    if (base && !names.length) return base;
    if (short && !size && !names.length) return open + close;
    if (level > state.depth) return `[${prefix(name, tag, isArray(value) ? "Array" : "Object").slice(0, -1)}]`;
    level++;
    state.seen.push(value);
    state.current = level;
    const output = entries(state, value, level);
    for (const key of names) output.push(property(state, value, level, key, isList));
    state.seen.pop();
    const circle = state.circles.get(value);
    const front = circle === undefined ? base : base ? `<ref *${circle}> ${base}` : `<ref *${circle}>`;
    return assembled(state, output, front, open, close, isList, level, value);
  }

  function assembled(state, output, base, open, close, isList, level, value) {
    const before = output.length;
    if (isList && before > 6) output = inColumns(state, output, value);
    const front = base ? base + " " : "";
    if (state.current - level < MOST_ON_A_LINE && before === output.length) {
      const length = output.reduce(
        (sum, item) => sum + item.length,
        output.length * 2 + state.indent + open.length + base.length + 10,
      );
      const line = output.join(", ");
      if (length <= state.width && !line.includes("\n") && !base.includes("\n")) {
        return `${front}${open} ${line} ${close}`;
      }
    }
    const gap = "\n" + " ".repeat(state.indent);
    return `${front}${open}${gap}  ${output.join(`,${gap}  `)}${gap}${close}`;
  }

  // As many columns as make the block about two and a half times as wide as it is high.
  function inColumns(state, output, value) {
    const count = output.length > state.items ? output.length - 1 : output.length;
    const widths = output.slice(0, count).map(widthOf);
    const total = widths.reduce((sum, width) => sum + width + 2, 0), longest = Math.max(...widths);
    const most = longest + 2;
    if (most * 3 + state.indent >= state.width || (total / most <= 5 && longest > 6)) return output;
    const typical = Math.max(most - 3 - Math.sqrt(most - total / output.length), 1);
    const columns = Math.min(
      Math.round(Math.sqrt(2.5 * typical * count) / typical),
      Math.floor((state.width - state.indent) / most),
      MOST_ON_A_LINE * 4,
      15,
    );
    if (columns <= 1) return output;
    const room = Array.from(
      { length: columns },
      (_, column) => widths.reduce((width, each, i) => (i % columns === column ? Math.max(width, each) : width), 0) + 2,
    );
    let right = true;
    for (let i = 0; i < output.length && right; i++) {
      right = typeof value[i] === "number" || typeof value[i] === "bigint";
    }
    const rows = [];
    for (let i = 0; i < count; i += columns) {
      const last = Math.min(i + columns, count) - 1;
      let row = "";
      for (let j = i; j <= last; j++) {
        const item = j < last ? output[j] + ", " : output[j];
        const space = " ".repeat(Math.max(room[j - i] - widths[j] - 2, 0));
        row += right ? space + item : j < last ? item + space : item;
      }
      rows.push(row);
    }
    return count < output.length ? [...rows, output[count]] : rows;
  }

  const more = (count) => `... ${count} more item${count > 1 ? "s" : ""}`;

  function elements(state, list, level) {
    const output = [], most = Math.min(state.items, list.length);
    let at = 0, isFull = true;
    for (; at < list.length && output.length < most && isFull; at++) {
      isFull = hasOwn(list, at);
      if (isFull) output.push(property(state, list, level, at, true, true));
    }
    if (!isFull) return withHoles(state, list, level, output, at - 1);
    if (list.length > at) output.push(more(list.length - at));
    return output;
  }

  function withHoles(state, list, level, output, at) {
    const filled = keysOf(list);
    const most = Math.min(state.items, list.length);
    const empty = (count) => `<${count} empty item${count > 1 ? "s" : ""}>`;
    for (let i = at; i < filled.length && output.length < most; i++) {
      if (!/^(?:0|[1-9]\d*)$/.test(filled[i])) break;
      const index = Number(filled[i]);
      if (index > at) {
        output.push(empty(index - at));
        at = index;
        if (output.length === most) break;
      }
      output.push(property(state, list, level, filled[i], true, true));
      at++;
    }
    const rest = list.length - at;
    if (rest > 0) output.push(output.length === most ? more(rest) : empty(rest));
    return output;
  }

  function numbers(state, list) {
    const output = Array.from(list.subarray(0, state.items), (item) => primitive(state, item));
    if (list.length > state.items) output.push(more(list.length - state.items));
    return output;
  }

  function limited(state, collection, each) {
    const output = [];
    state.indent += 2;
    for (const item of collection) {
      if (output.length >= state.items) {
        output.push(more(collection.size - state.items));
        break;
      }
      output.push(each(item));
    }
    state.indent -= 2;
    return output;
  }
  const members = (state, set, level) =>
    limited(
      state,
      Object.setPrototypeOf(new Set(Set.prototype.values.call(set)), Set.prototype),
      (item) => shown(state, item, level),
    );
  const pairs = (state, map, level) =>
    limited(
      state,
      Object.setPrototypeOf(new Map(Map.prototype.entries.call(map)), Map.prototype),
      ([key, item]) => `${shown(state, key, level)} => ${shown(state, item, level)}`,
    );

  function bytes(_state, buffer) {
    const all = new Uint8Array(buffer),
      hex = Array.from(all.subarray(0, 50), (byte) => (byte < 16 ? "0" : "") + byte.toString(16)).join(" ");
    const rest = all.length - 50;
    return [
      `[Uint8Contents]: <${hex}${rest > 0 ? ` ... ${rest} more byte${rest > 1 ? "s" : ""}` : ""}>`,
      `byteLength: ${all.length}`,
    ];
  }

  function property(state, holder, level, key, isList, bare = false) {
    const found = getOwnPropertyDescriptor(holder, key) ?? { value: holder[key], enumerable: true };
    let text;
    if (found.value !== undefined) {
      const step = isList ? 2 : 3 - 1;
      state.indent += step;
      text = shown(state, found.value, level);
      state.indent -= step;
    } else if (found.get) {
      text = found.set ? "[Getter/Setter]" : "[Getter]";
    } else {
      text = found.set ? "[Setter]" : "undefined";
    }
    if (bare) return text;
    if (typeof key === "symbol") return `[${String(key)}]: ${text}`;
    if (key === "__proto__") return `['__proto__']: ${text}`;
    if (found.enumerable === false) return `[${key}]: ${text}`;
    return `${/^[a-zA-Z_][a-zA-Z_0-9]*$/.test(key) ? key : quoted(key)}: ${text}`;
  }

  function functionText(value, name, tag) {
    const source = Function.prototype.toString.call(value);
    if (/^class\b/.test(source)) {
      const said = (hasOwn(value, "name") && value.name) || "(anonymous)",
        parent = name !== null && getPrototypeOf(value)?.name;
      return `[class ${said}${name !== "Function" && name !== null ? ` [${name}]` : ""}${
        tag !== "" && name !== tag ? ` [${tag}]` : ""
      }${name === null ? " extends [null prototype]" : parent ? " extends " + parent : ""}]`;
    }
    const kind = tagged(value), type = /Function$/.test(kind) ? kind : "Function";
    return `[${type}${name === null ? " (null prototype)" : ""}${
      value.name === "" ? " (anonymous)" : ": " + String(value.name)
    }]${name !== type && name !== null ? " " + name : ""}${tag !== "" && name !== tag ? ` [${tag}]` : ""}`;
  }

  function boxText(_state, value, [kind, method], name, tag) {
    const extra = kind !== name ? (name === null ? " (null prototype)" : ` (${name})`) : "";
    return `[${kind}${extra}: ${primitive({ width: Infinity, indent: 0 }, method.call(value))}]${
      tag !== "" && tag !== name ? ` [${tag}]` : ""
    }`;
  }

  // The stack as it was when the error was made, with the class of the error in front where it says only "Error".
  function errorText(state, error, kind, tag, names) {
    const name = error.name === undefined || error.name === null ? "Error" : String(error.name);
    let text = error.stack ? String(error.stack) : Error.prototype.toString.call(error);
    names = names.filter((key) =>
      state.hidden || !(["name", "message", "stack"].includes(key) && text.includes(error[key]))
    );
    if ("cause" in error && !names.includes("cause")) names.push("cause");
    if (isArray(error.errors) && !names.includes("errors")) names.push("errors");
    if (
      kind === null ||
      (name.endsWith("Error") && text.startsWith(name) &&
        (text.length === name.length || /[:\n]/.test(text[name.length])))
    ) {
      const full = prefix(kind, tag, "Error").slice(0, -1);
      if (name !== full) {
        text = full.includes(name)
          ? (name ? full + text.slice(name.length) : `${full}: ${text}`)
          : `${full} [${name}]${text.slice(name.length)}`;
      }
    }
    const message = error.message ? text.indexOf(error.message) : -1;
    const frames = text.indexOf("\n    at", message < 0 ? 0 : message + String(error.message).length);
    if (frames < 0) text = `[${text}]`;
    if (state.indent) text = text.replaceAll("\n", "\n" + " ".repeat(state.indent));
    return { base: text, names };
  }

  return { show, widthOf, CUSTOM };
});
