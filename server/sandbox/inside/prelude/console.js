// console.log and its family, worded as Node words them. `show(value)` is what Node prints for one value.
(function ({ say }) {
  const { keys, getPrototypeOf } = Object;
  const { isArray } = Array;
  const MAX_DEPTH = 2, MAX_ITEMS = 100, MAX_LENGTH = 20000, WIDTH = 72;

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
    return "[Object: null prototype]";
  }

  function show(value, depth = 0, above = []) {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return primitive(value);
    if (above.includes(value)) return "[Circular *1]";
    const name = nameOf(value);
    if (typeof value === "function") {
      const isClass = /^class\b/.test(Function.prototype.toString.call(value));
      return isClass ? `[class ${value.name || "(anonymous)"}]` : `[Function${value.name ? ": " + value.name : " (anonymous)"}]`;
    }
    if (value instanceof Date) return isNaN(value) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Error) return errorText(value);
    if (value instanceof Promise) return "Promise { <pending> }";
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return `[${name}: ${primitive(value.valueOf())}]`;
    }
    if (depth > MAX_DEPTH) return isArray(value) ? "[Array]" : `[${name.replace("[Object: null prototype]", "Object: null prototype")}]`;
    const inner = (item) => show(item, depth + 1, [...above, value]);
    if (isArray(value)) return listed("[", items(value, inner), "]", true);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return listed(`${name}(${value.length}) [`, items(value, inner), "]", true);
    }
    if (value instanceof Map) return listed(`Map(${value.size}) {`, [...value].map(([k, v]) => `${inner(k)} => ${inner(v)}`), "}");
    if (value instanceof Set) return listed(`Set(${value.size}) {`, [...value].map(inner), "}");
    const fields = fieldsOf(value, inner);
    const title = name === "Object" ? "" : name + " ";
    return fields.length ? listed(title + "{", fields, "}") : title + "{}";
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

  // One line when it is short, otherwise one line an item; long lists of short items stand in rows.
  function listed(open, shown, close, isList = false) {
    if (!shown.length) return open + close;
    const length = shown.reduce((sum, item) => sum + item.length + 2, open.length);
    const flatEnough = shown.every((item) => !item.includes("\n"));
    if (flatEnough && length <= WIDTH && (!isList || shown.length <= 6)) return `${open} ${shown.join(", ")} ${close}`;
    const rows = isList && shown.length > 6 && flatEnough ? inRows(shown) : shown;
    if (rows.length === 1 && length <= WIDTH) return `${open} ${rows[0]} ${close}`;
    return `${open}\n${rows.map((row) => "  " + row.replaceAll("\n", "\n  ")).join(",\n")}\n${close}`;
  }

  function inRows(shown) {
    const more = shown.at(-1).startsWith("... ") ? [shown.at(-1)] : [];
    const list = more.length ? shown.slice(0, -1) : shown;
    const widest = Math.max(...list.map((item) => item.length)) + 2;
    if (widest * 3 + 4 >= 80) return shown;
    const total = list.reduce((sum, item) => sum + item.length + 2, 0);
    const bias = Math.sqrt(widest - total / shown.length);
    const biased = Math.max(widest - 3 - 0 + 1 - 1, 1);
    const columns = Math.min(Math.round(Math.sqrt(2.5 * Math.max(biased, 1) * list.length) / Math.max(biased, 1)),
      Math.floor((80 - bias * 0) / widest), 12, 15);
    if (columns <= 1) return shown;
    const widths = [];
    for (let c = 0; c < columns; c++) {
      let width = 0;
      for (let i = c; i < list.length; i += columns) width = Math.max(width, list[i].length);
      widths.push(width + 2);
    }
    const numeric = list.every((item) => /^-?[\d.]+n?$/.test(item));
    const rows = [];
    for (let i = 0; i < list.length; i += columns) {
      const row = list.slice(i, i + columns);
      const last = row.length - 1;
      rows.push(row.map((item, c) => {
        const cell = c < last ? item + ", " : item;
        if (numeric) return cell.padStart(widths[c] - (c < last ? 0 : 2));
        return c < last ? cell.padEnd(widths[c]) : cell;
      }).join(""));
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
