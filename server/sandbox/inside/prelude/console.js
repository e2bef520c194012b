// console.log and its family, worded as Node words them. `show(value)` is what Node prints for one value.
(function (host) {
  "use strict";
  const { say } = host;
  const { keys, getPrototypeOf } = Object;
  const { isArray } = Array;
  const MAX_DEPTH = 2, MAX_ITEMS = 100, MAX_LENGTH = 20000, WIDTH = 80;
  const NULL = "[Object: null prototype]";

  const quoted = (text) => {
    const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes("`") ? "`" : "'";
    const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
    return mark + (mark === "'" ? escaped.replaceAll("'", "\\'") : escaped) + mark;
  };
  const property = (key) =>
    typeof key === "symbol" ? `[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);

  function primitive(value) {
    if (typeof value === "string") return quoted(value);
    if (typeof value === "bigint") return value + "n";
    if (Object.is(value, -0)) return "-0";
    return String(value);
  }

  function nameOf(object) {
    for (let at = object; at; at = getPrototypeOf(at)) {
      const own = Object.getOwnPropertyDescriptor(at, "constructor");
      if (own && typeof own.value === "function" && own.value.name) return own.value.name;
    }
    return NULL;
  }

  function classOf(value) {
    const text = Function.prototype.toString.call(value);
    if (!/^class\b/.test(text)) return `[${nameOf(value).endsWith("Function") ? nameOf(value) : "Function"}${value.name ? ": " + value.name : " (anonymous)"}]`;
    const parent = getPrototypeOf(value)?.name;
    return `[class ${value.name || "(anonymous)"}${parent ? " extends " + parent : ""}]`;
  }

  // The depth of the object that was shown last: three levels inside one another still share a line.
  let current = 0;
  let circular = null;

  function show(value, depth = 0, above = []) {
    if (!depth) circular = null;
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return primitive(value);
    if (above.includes(value)) {
      circular = value;
      return "[Circular *1]";
    }
    const name = nameOf(value);
    if (typeof value === "function") return classOf(value);
    if (value instanceof Date) return isNaN(value) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Error) return depth ? `[${errorText(value)}]` : errorText(value);
    if (value instanceof Promise) return "Promise { <pending> }";
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return `[${name}: ${primitive(value.valueOf())}]`;
    }
    if (depth > MAX_DEPTH) return isArray(value) ? "[Array]" : name === NULL ? NULL : `[${name}]`;
    current = depth;
    const inner = (item) => show(item, depth + 1, [...above, value]);
    const shown = body(value, name, inner, depth);
    return circular === value ? "<ref *1> " + shown : shown;
  }

  function body(value, name, inner, depth) {
    if (isArray(value)) return listed("[", items(value, inner), "]", depth, true);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return listed(`${name}(${value.length}) [`, items(value, inner), "]", depth, true);
    }
    if (value instanceof Map) {
      const entries = Array.from(value, ([key, item]) => `${inner(key)} => ${inner(item)}`);
      return listed(`Map(${value.size}) {`, entries, "}", depth);
    }
    if (value instanceof Set) return listed(`Set(${value.size}) {`, Array.from(value, inner), "}", depth);
    return listed((name === "Object" ? "" : name + " ") + "{", fieldsOf(value, inner), "}", depth);
  }

  function items(list, inner) {
    const shown = [];
    let holes = 0;
    const flush = () => {
      if (holes) shown.push(`<${holes} empty item${holes > 1 ? "s" : ""}>`);
      holes = 0;
    };
    for (let i = 0; i < list.length && shown.length < MAX_ITEMS && i < 100000; i++) {
      if (i in list) {
        flush();
        shown.push(inner(list[i]));
      } else {
        holes++;
      }
    }
    flush();
    const more = list.length - MAX_ITEMS;
    if (more > 0) shown.push(`... ${more} more item${more > 1 ? "s" : ""}`);
    return shown;
  }

  function fieldsOf(object, inner) {
    const names = [...keys(object), ...Object.getOwnPropertySymbols(object).filter((s) => Object.prototype.propertyIsEnumerable.call(object, s))];
    return names.map((key) => {
      const { get, set, value } = Object.getOwnPropertyDescriptor(object, key) ?? {};
      const shown = get ? (set ? "[Getter/Setter]" : "[Getter]") : set ? "[Setter]" : inner(value);
      return `${property(key)}: ${shown}`;
    });
  }

  // One line when it is short and not too deep, otherwise one line an item; many short items stand in rows.
  function listed(open, shown, close, depth, isList = false) {
    if (!shown.length) return open + close;
    const rows = isList && shown.length > 6 ? inRows(shown, depth * 2) : shown;
    if (rows === shown && current - depth < 3) {
      const length = shown.reduce((sum, item) => sum + item.length, shown.length * 2 + depth * 2 + open.length + 10);
      const line = shown.join(", ");
      if (length <= WIDTH && !line.includes("\n")) return `${open} ${line} ${close}`;
    }
    return `${open}\n${rows.map((row) => "  " + row.replaceAll("\n", "\n  ")).join(",\n")}\n${close}`;
  }

  // As many columns as make the block about two and a half times as wide as it is high.
  function inRows(shown, indent) {
    const more = shown.at(-1).startsWith("... ") ? [shown.at(-1)] : [];
    const list = more.length ? shown.slice(0, -1) : shown;
    const total = list.reduce((sum, item) => sum + item.length + 2, 0);
    const widest = Math.max(...list.map((item) => item.length)) + 2;
    if (widest * 3 + indent >= WIDTH || (total / widest <= 5 && widest > 8)) return shown;
    const typical = Math.max(widest - 3 - Math.sqrt(widest - total / shown.length), 1);
    const wanted = Math.round(Math.sqrt(2.5 * typical * list.length) / typical);
    const columns = Math.min(wanted, Math.floor((WIDTH - indent) / widest), 12);
    if (columns <= 1) return shown;
    const widths = Array.from({ length: columns }, (_, column) =>
      list.reduce((width, item, i) => (i % columns === column ? Math.max(width, item.length) : width), 0));
    const numeric = list.every((item) => /^-?[\d.]+(e[+-]\d+)?n?$/.test(item));
    const rows = [];
    for (let i = 0; i < list.length; i += columns) {
      const row = list.slice(i, i + columns);
      const cells = row.map((item, column) => {
        const last = column === row.length - 1;
        if (numeric) return item.padStart(widths[column]) + (last ? "" : ", ");
        return last ? item : (item + ", ").padEnd(widths[column] + 2);
      });
      rows.push(cells.join(""));
    }
    return [...rows, ...more];
  }

  function errorText(error) {
    return `${error.name}: ${error.message}`.replace(/: $/, "");
  }

  function format(args) {
    let [first, ...rest] = args;
    if (typeof first !== "string") return args.map(one).join(" ");
    if (rest.length) {
      first = first.replace(/%[sdifjoOc%]/g, (mark) => {
        if (mark === "%%") return "%";
        if (!rest.length) return mark;
        const value = rest.shift();
        if (mark === "%s") return typeof value === "object" && value !== null && !(value instanceof Error) ? show(value, MAX_DEPTH) : one(value, true);
        if (mark === "%d") return typeof value === "bigint" ? value + "n" : typeof value === "symbol" || typeof value === "object" ? "NaN" : primitive(Number(value));
        if (mark === "%i") return typeof value === "bigint" ? value + "n" : typeof value === "symbol" || typeof value === "object" ? "NaN" : primitive(parseInt(value));
        if (mark === "%f") return typeof value === "symbol" ? "NaN" : primitive(parseFloat(value));
        if (mark === "%j") return json(value);
        if (mark === "%c") return "";
        return show(value);
      });
    }
    return [first, ...rest.map(one)].join(" ");
  }

  function json(value) {
    try {
      return JSON.stringify(value) ?? "undefined";
    } catch {
      return "[Circular]";
    }
  }

  function one(value) {
    const text = typeof value === "string" ? value : show(value);
    return text.length > MAX_LENGTH * 4 ? text.slice(0, MAX_LENGTH * 4) + "…" : text;
  }

  const console = {};
  for (const [name, level] of [["log", "log"], ["info", "info"], ["warn", "warn"], ["error", "error"], ["debug", "debug"],
    ["trace", "debug"], ["dir", "log"], ["table", "log"]]) {
    console[name] = { [name](...args) { say(level, format(args)); } }[name];
  }
  for (const name of ["group", "groupEnd", "time", "timeEnd", "timeLog", "count", "clear"]) console[name] = () => {};
  console.assert = function assert(holds, ...args) {
    if (!holds) say("error", args.length ? "Assertion failed: " + format(args) : "Assertion failed");
  };
  return { console, show };
});
