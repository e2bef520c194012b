// Errors as V8 words them, and where V8 places them. Runs when an error is made, and only then:
// `Error.prepareStackTrace`.
(function (host) {
  "use strict";
  const { load } = host;
  const { getOwnPropertyDescriptor } = Object;
  const NAME = "transform.js";
  const source = load("source");
  const { texts, begins, tokenAt, isWord, around } = source;
  const { called } = load("places");

  // Ours comes after the user's last line, or from a file of its own.
  const isTheirs = (site) => site.getFileName() === "<input>" && site.getLineNumber() <= source.lines.length;

  function described(error, sites) {
    const frames = [];
    let compiling = false;
    for (let i = 0; i < sites.length; i++) {
      const site = sites[i], name = site.getFunctionName();
      if (!isTheirs(site)) continue;
      if (i === 0 && name === null && error instanceof SyntaxError) {
        compiling = sites.length === 1;
        if (compiling) return `    at <input>:${site.getLineNumber()}:${site.getColumnNumber()}`;
        continue; // counted in a text that was parsed, such as JSON
      }
      if (name === "<eval>" && sites[i + 1]?.isNative() && sites[i + 1].getFunctionName() === "eval") continue;
      const callee = i > 0 ? sites[i - 1].getFunctionName() ?? "" : "";
      frames.push({
        name,
        at: site.getLineNumber() ? source.offsetOf(site.getLineNumber(), site.getColumnNumber()) : -1,
        callee,
      });
    }
    if (frames.length > 1 && isTheirs(sites[0]) && error.message === "class constructors must be invoked with 'new'") {
      frames.shift();
    }
    const kinds = namesOf(error);
    while (frames.length > 1 && kinds.includes(frames[0].name)) frames.shift(); // its constructors do not count
    if (!frames.length) return headOf(error);
    // The engine gives no place in what a field of a class is set to: the class is near the next frame.
    if (frames[0].at < 0) frames[0].at = fieldNear(frames.find(({ at }) => at >= 0)?.at ?? 0);
    if (error instanceof Error) {
      try {
        reword(error, Object.assign(frames[0], { caller: frames[1] ?? null }));
      } catch {
        // the engine's own words and place
      }
    }
    const limit = getOwnPropertyDescriptor(Error, "stackTraceLimit")?.value ?? 10; // the engine's own is no value
    if (typeof limit === "number") frames.splice(limit > 0 ? limit : 0);
    for (const frame of frames.slice(1)) frame.at = called(frame.at, frame.name);
    const trace = frames.map(({ name, at }) => {
      const where = `${NAME}:${source.placeOf(at).join(":")}`;
      return `\n    at ${name && name !== "<eval>" ? `${name} (${where})` : where}`;
    });
    const head = headOf(error);
    if (error instanceof Error) made.set(error, head);
    return head + trace.join("");
  }
  const made = new WeakMap();

  // Where the first field of the class begins that is made at the offset, or that stands behind it.
  function fieldNear(offset) {
    const { nodes, callAt } = load("tree"), name = callAt(called(offset, ""))?.callee?.name;
    const list = nodes().filter((node) => node.type === "Class");
    const found = list.find((node) => node.name && node.name === name) ?? list.find((node) => node.end > offset) ??
      list[0];
    return found ? found.start : offset;
  }

  function headOf(error) {
    if (!(error instanceof Error)) return "Error";
    const { name, message } = error;
    return typeof message === "string" && message ? `${name}: ${message}` : String(name);
  }

  // The class of an error and the user's own classes that it extends.
  function namesOf(error) {
    const names = [];
    for (let at = Object.getPrototypeOf(error); at && names.length < 9; at = Object.getPrototypeOf(at)) {
      names.push(at.constructor?.name ?? "");
    }
    return names;
  }

  // Changes the message of an error of the engine's, and `frame.at` to where V8 would point. Code that fails in a loop
  // is looked at once.
  const before = new Map();
  function reword(error, frame) {
    if (typeof error.message !== "string" || error.message.length > 200) return anew(error, frame);
    const key = [error.name, error.message, frame.at, frame.callee, frame.caller?.at].join("\n"),
      known = before.get(key);
    if (known) {
      frame.at = known.at;
      if (known.message !== error.message) error.message = known.message;
      return;
    }
    anew(error, frame);
    if (before.size < 1000) before.set(key, { message: error.message, at: frame.at });
  }
  function anew(error, frame) {
    const message = error.message, native = frame.callee;
    const made = native ? -1 : maker(frame.at, error);
    if (made >= 0) return void (frame.at = begins[made]);
    if (typeof message !== "string") return;
    if (reworded(load("wording").WORDS, error, frame, native) || reworded(load("seldom").WORDS, error, frame, native)) {
      return;
    }
    if (native) frame.at = called(frame.at, native);
  }

  // Whether one of the rows is about this error.
  function reworded(rows, error, frame, native) {
    const message = error.message;
    for (const [type, pattern, say] of rows) {
      if (type && error.name !== type) continue;
      const found = pattern.exec(message);
      if (!found) continue;
      const words = say(frame, found.slice(1), native);
      if (words !== undefined && words !== message) error.message = words;
      return true;
    }
    return false;
  }

  // `new TypeError(…)` or `TypeError(…)` of the user's own around the offset: the token where it begins, or -1.
  function maker(offset, error) {
    const i = tokenAt(offset), name = namesOf(error)[0];
    const says = (open) =>
      !/^["']/.test(texts[open + 1] ?? "") || texts[open + 2] === "+" || texts[open + 1].includes("\\") ||
      texts[open + 1].slice(1, -1) === error.message;
    const at = (
      j,
    ) => (texts[j] !== name || (texts[j + 1] === "(" && !says(j + 1))
      ? -1
      : texts[j - 1] === "new"
      ? j - 1
      : texts[j + 1] === "("
      ? j
      : -1);
    for (const j of [i, i + 1]) if (begins[j] - offset < 8 && at(j) >= 0) return at(j);
    for (let open = around(i); open > 0 && i - open < 400; open = around(open)) {
      if (texts[open] === "(" && isWord(open - 1) && at(open - 1) >= 0) return at(open - 1);
    }
    return -1;
  }

  // V8 writes the first line of a stack when it is first read: with the name that a constructor gave later.
  const stack = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  if (stack?.get) {
    const { get, set } = stack, { apply } = Reflect, text = Error.prototype.toString;
    Object.defineProperty(Error.prototype, "stack", {
      set,
      configurable: true,
      get() {
        const read = apply(get, this, []);
        if (typeof read !== "string" || !made.has(this)) return read;
        const head = made.get(this);
        return read.startsWith(head) ? apply(text, this, []) + read.slice(head.length) : read;
      },
    });
  }

  return { described };
});
