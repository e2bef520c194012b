// console.log and its family, worded as Node words them.
(function (host) {
  "use strict";
  const { say } = host;
  const { show, widthOf } = host.load("inspect");
  const MOST = 80000; // of one line: the console is bounded as a whole, too
  const BUILT_IN =
    /^(?:Object|Array|Function|Date|RegExp|Map|Set|WeakMap|WeakSet|Promise|String|Number|Boolean|Symbol|BigInt|(?:\w+)?Error|\w+Array|ArrayBuffer|DataView|Proxy|Intl|JSON|Math)$/;

  // Whether nobody gave the object a toString of its own: then it is shown, not converted.
  function hasPlainText(value) {
    if (typeof value.toString !== "function") return true;
    if (Object.hasOwn(value, "toString") || Object.hasOwn(value, Symbol.toPrimitive)) return false;
    let at = value;
    do at = Object.getPrototypeOf(at); while (
      at && !Object.hasOwn(at, "toString") && !Object.hasOwn(at, Symbol.toPrimitive)
    );
    const made = at && Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    return typeof made === "function" && BUILT_IN.test(made.name);
  }

  const number = (value) => (Object.is(value, -0) ? "-0" : String(value));
  const FORMATS = {
    s: (value) => {
      if (typeof value === "number") return number(value);
      if (typeof value === "bigint") return value + "n";
      return typeof value === "object" && value !== null && hasPlainText(value)
        ? show(value, { depth: 0 })
        : String(value);
    },
    d: (value) => (typeof value === "bigint" ? value + "n" : typeof value === "symbol" ? "NaN" : number(Number(value))),
    i: (
      value,
    ) => (typeof value === "bigint" ? value + "n" : typeof value === "symbol" ? "NaN" : number(Number.parseInt(value))),
    f: (value) => (typeof value === "symbol" ? "NaN" : number(Number.parseFloat(value))),
    j: (value) => {
      try {
        return String(JSON.stringify(value));
      } catch (error) {
        if (/circular/i.test(error?.message)) return "[Circular]";
        throw error;
      }
    },
    o: (value) => show(value, { depth: 4, hidden: true }),
    O: (value) => show(value),
    c: () => "",
  };

  function format(args) {
    if (typeof args[0] !== "string") return args.map(one).join(" ");
    if (args.length === 1) return one(args[0]);
    let used = 1;
    const first = args[0].replace(
      /%([sdifjoOc%])/g,
      (mark, letter) => (letter === "%" ? "%" : used < args.length ? FORMATS[letter](args[used++]) : mark),
    );
    return [first, ...args.slice(used).map(one)].join(" ");
  }

  function one(value) {
    const text = typeof value === "string" ? value : show(value);
    return text.length > MOST ? text.slice(0, MOST) + "…" : text;
  }

  let indent = "";
  const counts = new Map(), clocks = new Map();
  function put(level, text) {
    say(level, indent ? indent + text.replaceAll("\n", "\n" + indent) : text);
  }

  const console = {};
  for (const level of ["log", "warn", "error", "info", "debug"]) {
    console[level] = {
      [level](...args) {
        put(level, format(args));
      },
    }[level];
  }
  const passed = (label) => {
    const ms = Date.now() - clocks.get(label);
    return ms < 1000 ? `${ms}ms` : `${(ms / 1000).toFixed(3)}s`;
  };
  const methods = {
    dir(value, options) {
      put(
        "log",
        show(value, {
          depth: options?.depth === null ? Infinity : options?.depth ?? 2,
          hidden: Boolean(options?.showHidden),
        }),
      );
    },
    dirxml(...args) {
      put("log", format(args));
    },
    trace(...args) {
      const error = new Error(format(args));
      const frames = /\n {4}at [^]*$/.exec(String(error.stack))?.[0] ?? "";
      put("error", "Trace" + (args.length ? ": " + error.message : "") + frames);
    },
    assert(holds, ...args) {
      if (holds) return;
      if (typeof args[0] === "string") args[0] = "Assertion failed: " + args[0];
      else args.unshift(args.length ? "Assertion failed:" : "Assertion failed");
      put("warn", format(args));
    },
    group(...args) {
      if (args.length) put("log", format(args));
      indent += "  ";
    },
    groupEnd() {
      indent = indent.slice(2);
    },
    count(label = "default") {
      counts.set(String(label), (counts.get(String(label)) ?? 0) + 1);
      put("log", `${label}: ${counts.get(String(label))}`);
    },
    countReset(label = "default") {
      counts.delete(String(label));
    },
    time(label = "default") {
      clocks.set(String(label), Date.now());
    },
    timeEnd(label = "default") {
      if (clocks.has(String(label))) put("log", `${label}: ${passed(String(label))}`);
      clocks.delete(String(label));
    },
    timeLog(label = "default", ...args) {
      if (clocks.has(String(label))) put("log", format([`${label}: ${passed(String(label))}`, ...args]));
    },
    table(data, columns) {
      if (data === null || typeof data !== "object") return console.log(data);
      put("log", tableOf(data, columns));
    },
    clear() {},
  };
  methods.groupCollapsed = methods.group;
  Object.assign(console, methods);

  function tableOf(data, columns) {
    const cell = (value) =>
      show(value, {
        depth: value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 2
          ? -1
          : 0,
        width: Infinity,
        items: 3,
      });
    const index = (count) => Array.from({ length: count }, (_, i) => cell(i));
    if (data instanceof Map) {
      return drawn(["(iteration index)", "Key", "Values"], [
        index(data.size),
        Array.from(data.keys(), cell),
        Array.from(data.values(), cell),
      ]);
    }
    if (data instanceof Set) return drawn(["(iteration index)", "Values"], [index(data.size), Array.from(data, cell)]);
    const rows = Object.keys(data), made = new Map(), plain = [];
    rows.forEach((row, i) => {
      const item = data[row], isPlain = item === null || (typeof item !== "function" && typeof item !== "object");
      if (columns === undefined && isPlain) return void (plain[i] = cell(item));
      for (const key of columns ?? Object.keys(item)) {
        if (!made.has(key)) made.set(key, []);
        made.get(key)[i] = isPlain || !Object.hasOwn(item, key) ? "" : cell(item[key]);
      }
    });
    const extra = plain.length ? [["Values", plain]] : [], all = [["(index)", rows], ...made, ...extra];
    return drawn(all.map(([name]) => name), all.map(([, values]) => values));
  }

  function drawn(head, columns) {
    const height = Math.max(...columns.map((column) => column.length));
    const rows = Array.from({ length: height }, (_, i) => columns.map((column) => column[i] ?? ""));
    const widths = head.map((name, i) => Math.max(widthOf(name), ...rows.map((row) => widthOf(row[i]))));
    const line = (row) => "│ " + row.map((text, i) => text + " ".repeat(widths[i] - widthOf(text))).join(" │ ") + " │";
    const rule = (left, middle, right) => left + widths.map((width) => "─".repeat(width + 2)).join(middle) + right;
    return [rule("┌", "┬", "┐"), line(head), rule("├", "┼", "┤"), ...rows.map(line), rule("└", "┴", "┘")].join("\n");
  }

  return { console, show };
});
