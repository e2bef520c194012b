// Errors as V8 words them, and where V8 places them. Runs when an error is made, and only then: `Error.prepareStackTrace`.
(function (host) {
  "use strict";
  const { load, given } = host;
  const NAME = "transform.js";
  const source = load("source");
  const { texts, begins, partners, tokenAt, isWord, isName, isDot, endsValue, chainStart, chainEnd, shown, around } = source;

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
        continue;  // counted in a text that was parsed, such as JSON
      }
      if (name === "<eval>" && sites[i + 1]?.isNative() && sites[i + 1].getFunctionName() === "eval") continue;
      const callee = i > 0 ? sites[i - 1].getFunctionName() ?? "" : "";
      frames.push({ name, at: source.offsetOf(site.getLineNumber(), site.getColumnNumber()), callee });
    }
    if (frames.length > 1 && error.message === "class constructors must be invoked with 'new'") frames.shift();
    const kinds = namesOf(error);
    while (frames.length > 1 && kinds.includes(frames[0].name)) frames.shift();  // its constructors do not count
    if (!frames.length) return headOf(error);
    if (error instanceof Error) reword(error, frames[0]);
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

  function headOf(error) {
    if (!(error instanceof Error)) return "Error";
    const { name, message } = error;
    return typeof message === "string" && message ? `${name}: ${message}` : String(name);
  }

  // The class of an error and the user's own classes that it extends.
  function namesOf(error) {
    const names = [];
    for (let at = Object.getPrototypeOf(error); at && names.length < 9; at = Object.getPrototypeOf(at)) names.push(at.constructor?.name ?? "");
    return names;
  }

  // Changes the message of an error of the engine's, and `frame.at` to where V8 would point.
  function reword(error, frame) {
    const message = error.message, native = frame.callee;
    const made = native ? -1 : maker(frame.at, error);
    if (made >= 0) return void (frame.at = begins[made]);
    if (typeof message !== "string") return;
    for (const [type, pattern, say] of WORDS) {
      if (type && error.name !== type) continue;
      const found = pattern.exec(message);
      if (!found) continue;
      const words = say(frame, found.slice(1), native);
      if (words !== undefined && words !== message) error.message = words;
      return;
    }
    if (native) frame.at = called(frame.at, native);
  }

  // `new TypeError(…)` or `TypeError(…)` of the user's own around the offset: the token where it begins, or -1.
  function maker(offset, error) {
    const i = tokenAt(offset), name = namesOf(error)[0];
    const says = (open) => !/^["']/.test(texts[open + 1] ?? "") || texts[open + 2] === "+" || texts[open + 1].includes("\\") || texts[open + 1].slice(1, -1) === error.message;
    const at = (j) => (texts[j] !== name || (texts[j + 1] === "(" && !says(j + 1)) ? -1 : texts[j - 1] === "new" ? j - 1 : texts[j + 1] === "(" ? j : -1);
    for (const j of [i, i + 1]) if (begins[j] - offset < 8 && at(j) >= 0) return at(j);
    for (let open = around(i); open > 0 && i - open < 400; open = around(open)) {
      if (texts[open] === "(" && isWord(open - 1) && at(open - 1) >= 0) return at(open - 1);
    }
    return -1;
  }

  // Where V8 says that something was called: at the name behind the last dot, or at `new`.
  function called(offset, native) {
    let i = tokenAt(offset);
    if (isDot(i)) return begins[i + 1] ?? offset;
    if (texts[i] === "(" && isName(i - 1)) return begins[texts[i - 2] === "new" ? i - 2 : i - 1];
    if (isName(i) && texts[i + 1] === "(" && (!native || texts[i] === native)) return begins[texts[i - 1] === "new" ? i - 1 : i];
    if (texts[i - 1] === "new") return begins[i - 1];
    for (let open = around(i), steps = 0; native && open > 0 && steps < 20; open = around(open), steps++) {
      if (texts[open] === "(" && texts[open - 1] === native) return begins[texts[open - 2] === "new" ? open - 2 : open - 1];
    }
    for (let j = i; native && j < i + 12 && j < texts.length; j++) {
      if (texts[j] === native && texts[j + 1] === "(") return begins[texts[j - 1] === "new" ? j - 1 : j];
    }
    return begins[i] !== undefined && begins[i] - offset <= 1 ? Math.max(begins[i], offset) : offset;
  }

  // The engine points behind an operator.
  const OPERATOR = /^(?:[-+*/%&|^<>]|\*\*|<<|>>|in|instanceof|[<>=!]=?=?)$/;
  function operatorAt(offset) {
    const i = tokenAt(offset - 1);
    for (let j = i; j >= i - 3 && j >= 0; j--) if (OPERATOR.test(texts[j])) return j;
    return texts[i] === "${" ? i + 1 : i;
  }
  function operated(offset) {
    return begins[operatorAt(offset)] ?? offset;
  }

  // What is worth knowing of a short expression that only reads the webhook: its value, or `unknown`.
  const unknown = {};
  function valueOf(first, end) {
    if (end - first === 1) {
      const literal = texts[first];
      if (literal === "undefined") return undefined;
      if (literal === "null") return null;
      if (/^\d/.test(literal)) return Number(literal);
      if (/^["']/.test(literal)) return literal.slice(1, -1);
      if (literal === "true" || literal === "false") return literal === "true";
    }
    if (texts[first] === "{" && partners[first] === end - 1) return {};
    if (texts[first] === "[" && partners[first] === end - 1) return [];
    const name = parameter();
    if (!name || texts[first] !== name || !given.webhook) return unknown;
    let value = given.webhook;
    for (let i = first + 1; i < end; i += 2) {
      if (texts[i] !== "." || !isWord(i + 1) || value === null || typeof value !== "object") return unknown;
      value = Object.getOwnPropertyDescriptor(value, texts[i + 1])?.value;
    }
    return value;
  }

  // The name that handler gives to its webhook.
  function parameter() {
    for (let i = 0; i < texts.length; i++) {
      if (texts[i] !== "handler") continue;
      if (texts[i + 1] === "(" && texts[i - 1] === "function") return texts[i + 2];
      if (texts[i + 1] === "=") {
        const j = texts[i + 2] === "async" ? i + 3 : i + 2;
        return texts[j] === "(" ? texts[j + 1] : texts[j] === "function" ? texts[texts.indexOf("(", j) + 1] : texts[j];
      }
    }
    return "";
  }

  function read(frame, [name, base]) {
    const first = tokenAt(frame.at), end = chainEnd(first);
    let found = -1;
    for (let i = first; i < end && found < 0; i++) {
      if (isDot(i) && texts[i + 1] === name) found = nameOrDot(i);
      else if (texts[i] === "[" && (texts[i + 1] === name || texts[i + 1]?.slice(1, -1) === name)) found = i;
      else if (partners[i] > i && i > first && texts[i] !== "[") i = partners[i];
    }
    for (let i = first; i < end && found < 0; i++) if (i > first && texts[i] === "[") found = i;
    for (let i = first; found < 0 && i < first + 40; i++) {
      if (isDot(i) && texts[i + 1] === name) found = nameOrDot(i);
    }
    const pattern = found < 0 ? nextPattern(frame.at) : null;
    if (found >= 0) frame.at = begins[found];
    else if (pattern && texts.slice(pattern.open, partners[pattern.open]).includes(name)) return destructured(frame, pattern, base);
    return `Cannot read properties of ${base} (reading '${name}')`;
  }

  const nameOrDot = (dot) => (calledIn(chainStart(dot - 1), dot) || texts[dot] === "?." ? dot : dot + 1);

  // V8 points at the dot instead of the name once a chain has a call or `?.` in it.
  function calledIn(first, end) {
    for (let i = texts[first] === "new" ? newEnd(first + 1) + 1 : first + 1; i < end; i++) {
      if (texts[i] === "(" || texts[i] === "?.") return true;
      if (partners[i] > i) i = partners[i];
    }
    return false;
  }

  function written(frame, [name, base]) {
    const here = tokenAt(frame.at);
    const at = (i) => isDot(i - 1) && texts[i] === name && /^(?:[-+*/%&|^]|\*\*|&&|\|\||\?\?)?=$/.test(texts[i + 1] ?? "");
    for (let far = 0; far < 60; far++) {
      const i = at(here + far) ? here + far : here - far;  // the nearest one
      if (at(i)) return place(frame, i + 1, `Cannot set properties of ${base} (setting '${name}')`);
    }
    return `Cannot set properties of ${base} (setting '${name}')`;
  }

  function place(frame, token, words) {
    if (begins[token] !== undefined) frame.at = begins[token];
    return words;
  }

  function notAFunction(frame, _, native) {
    if (native) return notACallback(frame, native);
    let i = tokenAt(frame.at);
    if (texts[i] === "(" && endsValue(i - 1)) return notCalled(frame, i - 1);
    if (texts[i] === "[" && endsValue(i - 1)) {
      while (texts[i] === "[" || isDot(i)) i = texts[i] === "[" ? partners[i] + 1 : i + 2;
      return notCalled(frame, i - 1);
    }
    if (texts[i - 1] === "new") return place(frame, i - 1, `${shown(i, newEnd(i))} is not a constructor`);
    while (texts[i] !== "." && texts[i - 1] === "." && texts[i + 1] !== "(") i++;
    if (isDot(i)) return notCalled(frame, i + 1);
    if (texts[i] === "new" && isName(i + 1)) return place(frame, i, `${shown(i + 1, newEnd(i + 1))} is not a constructor`);
    const end = chainEnd(i);
    for (let j = i + 1; j < end; j++) {
      if (texts[j] !== "(" && texts[j] !== "`") continue;
      const last = texts[j - 1] === "?." ? j - 2 : j - 1;
      if (last >= i && endsValue(last)) return notCalled(frame, last);
    }
    for (let open = around(i), steps = 0; open > 0 && steps < 8; open = around(open), steps++) {
      if (texts[open] === "(" && endsValue(open - 1)) return notCalled(frame, open - 1);
    }
    return "value is not a function";
  }

  // `last` is the last token of what was called.
  function notCalled(frame, last) {
    const first = chainStart(last);
    const at = isDot(last - 1) ? last : texts[last] === "]" && partners[last] > first ? last + 1 : first;
    return place(frame, at, `${shown(first, last + 1)} is not a function`);
  }

  function newEnd(i) {
    let end = i + 1;
    while (isDot(end)) end += 2;
    return end;
  }

  // The first argument of the call of a native function: `[first, end]`, or null.
  function argument(frame, native) {
    frame.at = called(frame.at, native);
    let i = tokenAt(frame.at);
    if (texts[i] === "new") i++;
    while (texts[i] !== "(" && i < texts.length && texts[i] !== ";") i++;
    if (texts[i] !== "(" || partners[i] === i + 1) return null;
    return [i + 1, chainEnd(i + 1)];
  }

  function notACallback(frame, native) {
    const given = argument(frame, native);
    const value = given ? valueOf(...given) : undefined;
    if (native === "sort" || native === "toSorted") return "The comparison function must be either a function or undefined";
    const said = value === unknown ? "undefined" : Array.isArray(value) ? "[object Array]" : value !== null && typeof value === "object" ? "#<Object>" : String(value);
    return native === "Promise" ? `Promise resolver ${said} is not a function` : `${said} is not a function`;
  }

  function notIterable(frame, [], native) {
    if (native) {
      const given = argument(frame, native);
      const value = given ? valueOf(...given) : undefined;
      if (native === "fromEntries" && (value === null || value === undefined)) return "undefined is not iterable";
      if (given && texts[given[0]] === "...") return "Spread syntax requires ...iterable[Symbol.iterator] to be a function";
      const type = value === unknown ? "object" : value === null ? "object null" : value === undefined ? "undefined" : typeof value === "object" ? "object" : `${typeof value} ${value}`;
      return `${type} is not iterable${native === "fromEntries" && value === undefined ? "" : " (cannot read property Symbol(Symbol.iterator))"}`;
    }
    const i = tokenAt(frame.at), open = around(i);
    if (texts[i - 1] === "..." && texts[open] === "(") {
      frame.at = begins[isDot(open - 2) || !isWord(open - 1) ? open - 1 : texts[open - 2] === "new" ? open - 2 : open - 1];
      return "Spread syntax requires ...iterable[Symbol.iterator] to be a function";
    }
    const pattern = texts[i - 1] === "of" || texts[i - 1] === "..." ? null : nextPattern(frame.at);
    if (pattern && !pattern.value) return place(frame, pattern.open, "object is not iterable (cannot read property Symbol(Symbol.iterator))");
    const [first, end] = pattern?.value ?? [i, chainEnd(i)];
    if (pattern) return place(frame, first, `${shown(first, end)} is not iterable`);
    return place(frame, isDot(end - 2) ? end - 1 : first, `${shown(first, end)} is not iterable`);
  }

  // `{…} = value`, `[…] = value` or a pattern among parameters, the first behind the offset.
  function nextPattern(offset) {
    const start = tokenAt(offset);
    for (let i = start; i < texts.length && i < start + 400; i++) {
      if ((texts[i] !== "{" && texts[i] !== "[") || partners[i] < 0) continue;
      const declared = /^(?:const|let|var)$/.test(texts[i - 1] ?? "");
      const close = partners[i];
      if (declared && texts[close + 1] === "=") return { open: i, value: [close + 2, chainEnd(texts[close + 2] === "await" ? close + 3 : close + 2)] };
      if (declared && texts[close + 1] === "of") return { open: i, value: null, loop: true };
      if (texts[i - 1] === "(" && texts[close + 1] === "=" && texts[close + 2] !== ">") return { open: i, value: [close + 2, chainEnd(close + 2)] };
      const list = around(i);
      if (texts[list] === "(" && (texts[i - 1] === "(" || texts[i - 1] === ",") && (texts[partners[list] + 1] === "=>" || (texts[partners[list] + 1] === "{" && (texts[list - 1] === "function" || texts[list - 2] === "function" || (isWord(list - 1) && !/^(?:if|for|while|switch|catch)$/.test(texts[list - 1])))))) return { open: i, value: null };
    }
    return null;
  }

  // The first pattern inside one that is given nothing to take apart, as far as the value is known.
  function inside(open, value) {
    for (let i = open + 1; i < partners[open]; i++) {
      if (texts[i] === ":" && texts[i + 1] === "{" && texts[partners[i + 1] + 1] !== "=") {
        const part = value === unknown ? undefined : Object.getOwnPropertyDescriptor(value, texts[i - 1])?.value;
        if (part === undefined || part === null) return { at: i + 2, part };
        const deeper = typeof part === "object" ? inside(i + 1, part) : null;
        if (deeper) return deeper;
      }
      if (partners[i] > i) i = partners[i];
    }
    return null;
  }

  const isHandlers = (open) => [1, 2, 3].some((back) => texts[around(open) - back] === "handler");

  function destructured(frame, { open, value, loop }, base) {
    const key = open + 1;
    if (loop) return place(frame, key, `Cannot destructure property '${texts[key]}' of '.for' as it is ${base ?? "undefined"}.`);
    const root = value ? valueOf(...value) : isHandlers(open) ? given.webhook : unknown;
    const lacking = texts[open] === "{" && root !== null && root !== undefined && !base ? inside(open, root) : null;
    if (lacking && isWord(lacking.at)) return place(frame, texts[lacking.at + 1] === ":" ? lacking.at + 2 : lacking.at, `Cannot read properties of ${lacking.part} (reading '${texts[lacking.at]}')`);
    const known = value ? valueOf(...value) : undefined;
    const nested = value !== null && known !== unknown && known !== null && known !== undefined;
    if (texts[open] === "[") {
      if (!value && !base) return undefined;
      const said = base ?? (known === null ? "object null" : "undefined");
      return place(frame, value ? value[0] : open, `${said} is not iterable${value && !texts[open] ? "" : " (cannot read property Symbol(Symbol.iterator))"}`.replace(value && value[1] - value[0] === 1 && /^(?:undefined|null)$/.test(texts[value[0]]) ? / \(.*/ : "\0", ""));
    }
    const said = base ?? (known === null ? "null" : "undefined");
    if (!value && !frame.again) {
      // The webhook itself is an object: it is a later pattern, one that is given a value.
      const name = texts[list(open) - 1], later = name === undefined || name === "handler" || texts[list(open) - 2] === "handler" || texts[list(open) - 1] === "async" ? nextPattern(begins[partners[list(open)]]) : null;
      if (later?.value) return destructured(Object.assign(frame, { again: true }), later, base);
    }
    if (nested) {
      for (let i = key; i < partners[open]; i++) {
        if (texts[i] === ":" && texts[i + 1] === "{" && !/^[:]$/.test(texts[i + 3] ?? "")) return place(frame, i + 2, `Cannot read properties of undefined (reading '${texts[i + 2]}')`);
      }
    }
    if (!isWord(key)) return place(frame, open, `Cannot destructure '${value ? shown(...value) : "undefined"}' as it is ${said}.`);
    return place(frame, key, `Cannot destructure property '${texts[key]}' of '${value ? shown(...value) : "undefined"}' as it is ${said}.`);
  }

  const list = (i) => around(i);

  function notAnObject(frame, _, native) {
    if (native) {
      frame.at = called(frame.at, native);
      return undefined;
    }
    const pattern = nextPattern(frame.at);
    return pattern ? destructured(frame, pattern) : undefined;
  }

  // V8 places the reading of a global at the beginning of its statement, unless that has done something before.
  function readGlobal(i) {
    let start = i, busy = false;
    for (; start > 0; start--) {
      const before = texts[start - 1];
      if (/^(?:;|\}|else|do)$/.test(before)) break;
      if (/^(?:return|throw)$/.test(before)) return busy ? i : start - 1;
      if (before === "=>") return busy || !isDot(i + 1) ? i : i + 2;
      if (before === "=") {
        const first = chainStart(start - 2);
        if (/^(?:const|let|var|,)$/.test(texts[first - 1] ?? "")) return busy ? i : start;
        if (start - 1 - first > 3) return i;  // the object that is written to was read before
        start = first + 1;
        continue;
      }
      if (before === "${") {
        const template = around(start - 1);
        if (!busy && template === start - 2 && begins[start - 1] === begins[template] + 1) return busyBefore(template) ? template : readGlobal(template);
        busy = true;
      } else if (before === "(" && /^(?:if|while|switch|for)$/.test(texts[start - 2] ?? "")) {
        return busy ? i : start - 2;
      } else if (before === "{" && !isLiteral(start - 1)) {
        break;
      } else if (before !== "(" && before !== "!" && before !== "new" && before !== "await" && !(before === ":" && isWord(start - 2)) && before !== ",") {
        if (texts[start] !== ":") busy = true;
        if (partners[start - 1] >= 0 && partners[start - 1] < start - 1) start = partners[start - 1] + 1;
      } else if (before === "," || (before === "(" && endsValue(start - 2))) {
        busy = true;
      }
    }
    return busy ? i : start;
  }
  const isLiteral = (open) => /^(?:[=(,:?[]|return|=>|\?\?|\|\||&&)$/.test(texts[open - 1] ?? "") && texts[open - 1] !== "=>";
  const busyBefore = (i) => readGlobal(i) === i;

  // The last token before the offset that is `name` and is assigned to.
  function assigned(frame, name, words) {
    const here = tokenAt(frame.at);
    for (const i of [here, here - 1, here + 1, here - 2]) {
      if (texts[i] === name) return place(frame, /^(?:[-+*/%&|^]|\*\*)=$/.test(texts[i + 1] ?? "") ? i + 1 : i, words);
    }
    return words;
  }

  function property(frame, words) {
    const first = tokenAt(frame.at), end = chainEnd(first);
    if (isDot(end - 2) && texts[end] === "=") return place(frame, end, words(texts[end - 1]));
    for (let i = tokenAt(frame.at), low = i - 60; i >= 0 && i > low; i--) {
      if (!/^(?:[-+*/%&|^]|\*\*)?=$/.test(texts[i])) continue;
      frame.at = begins[i];
      return isDot(i - 2) ? words(texts[i - 1]) : words("");
    }
    return words("");
  }

  const plain = (words) => (frame, found, native) => {
    if (native) frame.at = called(frame.at, native);
    return typeof words === "function" ? words(...found) : words;
  };
  const operator = (words) => (frame, found) => {
    frame.at = operated(frame.at);
    return typeof words === "function" ? words(frame, found) : words;
  };

  function inWords(frame) {
    const i = operatorAt(frame.at + 1);
    const left = valueOf(chainStart(i - 1), i), right = valueOf(i + 1, chainEnd(i + 1));
    if (left === unknown || right === unknown) return "Cannot use 'in' operator to search for a key in a value that is not an object";
    return `Cannot use 'in' operator to search for '${left}' in ${right}`;
  }

  // The first element of a list written out that is no object.
  function firstPlain(frame, native) {
    const found = argument(frame, native);
    for (let i = found ? found[0] + 1 : 0; found && texts[found[0]] === "[" && i < found[1] - 1; i = (partners[i] > i ? partners[i] : i) + 1) {
      if (partners[i] < 0 && texts[i] !== ",") return /^["']/.test(texts[i]) ? texts[i].slice(1, -1) : texts[i];
    }
    return "undefined";
  }

  function firstArgument(frame, native) {
    const found = argument(frame, native);
    if (!found) return "";
    const value = valueOf(...found);
    if (value !== unknown && (value === null || typeof value !== "object")) return String(value);
    const minus = texts[found[0]] === "-" ? "-" : "";
    return minus + texts[found[0] + minus.length];
  }

  // The engine's words, and what V8 says instead. `say(frame, groups, native)` may move `frame.at`.
  const WORDS = [
    ["TypeError", /^cannot read property 'Symbol\.iterator' of (undefined|null)$/, (frame, [base], native) => {
      if (native) return notIterable(frame, [], native);
      const i = tokenAt(frame.at);
      if (texts[i - 1] === "of" || texts[i - 1] === "...") {
        const said = notIterable(frame, []);
        return /^[\w$]+ is not|^Spread/.test(said) && texts[i - 1] !== "..." ? said : said;
      }
      const pattern = nextPattern(frame.at);
      return pattern ? destructured(frame, pattern, base) : `${base} is not iterable`;
    }],
    ["TypeError", /^cannot read property '(.*)' of (undefined|null)$/s, read],
    ["TypeError", /^cannot set property '(.*)' of (undefined|null)$/s, written],
    ["TypeError", /^not a function$/, notAFunction],
    ["TypeError", /^not a constructor$/, notAFunction],
    ["TypeError", /^value is not iterable$/, notIterable],
    ["TypeError", /^Cannot convert undefined or null to object$/, notAnObject],
    ["TypeError", /^'(.*)' is read-only$/, (frame, [name]) => {
      const here = tokenAt(frame.at);
      const isWrite = (at) => texts[at] === name && texts[at - 1] !== "const" && /^(?:[^=!<>]{0,3}=|\+\+|--)$/.test(texts[at + 1] ?? "");
      let i = here;
      while (i > here - 8 && !isWrite(i)) i--;
      if (!isWrite(i)) i = here;
      while (i < here + 60 && !isWrite(i)) i++;
      if (!isDot(i - 1)) {
        const declared = texts.findIndex((text, at) => text === name && texts[at - 1] === "const");
        const isGlobal = texts[i + 1] === "=" && declared > 0 && around(declared) < 0;
        if (texts[i] === name) frame.at = begins[isGlobal ? i : i + 1];
        return "Assignment to constant variable.";
      }
      return property(frame, () => `Cannot assign to read only property '${name}' of object '#<Object>'`);
    }],
    ["ReferenceError", /^(.*) is not initialized$/, (frame, [name]) => assigned(frame, name, `Cannot access '${name}' before initialization`)],
    ["ReferenceError", /^(.*) is not defined$/, (frame, [name]) => {
      const i = tokenAt(frame.at);
      if (texts[i] === name) frame.at = texts[i + 1] === "=" ? begins[i + 1] : begins[readGlobal(i)];
      return undefined;
    }],
    ["TypeError", /^class constructors must be invoked with 'new'$/, (frame) => {
      frame.at = called(frame.at, "");
      return `Class constructor ${texts[tokenAt(frame.at)]} cannot be invoked without 'new'`;
    }],
    ["TypeError", /^cannot convert symbol to string$/, operator("Cannot convert a Symbol value to a string")],
    ["TypeError", /^cannot convert symbol to number$/, operator("Cannot convert a Symbol value to a number")],
    ["TypeError", /^(?:cannot convert BigInt to number|Cannot mix BigInt.*)$/, (frame, _, native) => {
      frame.at = native ? called(frame.at, native) : operated(frame.at);
      return native ? "Cannot convert a BigInt value to a number" : "Cannot mix BigInt and other types, use explicit conversions";
    }],
    ["TypeError", /^BigInt are forbidden in JSON\.stringify$/, plain("Do not know how to serialize a BigInt")],
    ["TypeError", /^invalid 'in' operand$/, operator(inWords)],
    ["TypeError", /^invalid 'instanceof' right operand$/, operator((frame) => {
      const i = operatorAt(frame.at + 1), value = valueOf(i + 1, chainEnd(i + 1));
      return `Right-hand side of 'instanceof' is not ${value === unknown || (value !== null && typeof value === "object") ? "callable" : "an object"}`;
    })],
    ["TypeError", /^private class field '(.*)' does not exist$/, (frame, [name]) => {
      const i = tokenAt(frame.at);
      for (let j = i; j < i + 12; j++) if (texts[j] === name) { frame.at = begins[j]; break; }
      return `Cannot read private member ${name} from an object whose class did not declare it`;
    }],
    ["TypeError", /^object is not extensible$/, (frame, _, native) => {
      if (!native) return property(frame, (name) => `Cannot add property ${name}, object is not extensible`);
      frame.at = called(frame.at, native);
      return "Cannot add property 0, object is not extensible";
    }],
    ["TypeError", /^no setter for property$/, (frame) => property(frame, (name) => `Cannot set property ${name} of #<Object> which has only a getter`)],
    ["TypeError", /^could not delete property$/, (frame) => {
      const end = chainEnd(tokenAt(frame.at)), i = tokenAt(frame.at);
      return place(frame, texts[i - 1] === "delete" ? i - 1 : i, `Cannot delete property '${texts[end - 1]}' of #<Object>`);
    }],
    ["TypeError", /^not a object$/, (frame, _, native) => `${firstArgument(frame, native)} is not a constructor`],
    ["TypeError", /^not an object$/, (frame, _, native) => {
      frame.at = called(frame.at, native);
      if (/^(?:fromEntries|Map|WeakMap)$/.test(native)) return `Iterator value ${firstPlain(frame, native)} is not an entry object`;
      if (native === "Proxy") return "Cannot create proxy with a non-object as target or handler";
      if (native === "ownKeys") return "Reflect.ownKeys called on non-object";
      return /^define/.test(native) ? `Object.${native} called on non-object` : undefined;
    }],
    ["TypeError", /^empty array$/, plain("Reduce of empty array with no initial value")],
    ["TypeError", /^regexp must have the 'g' flag$/, (frame, _, native) => {
      frame.at = called(frame.at, native);
      return `String.prototype.${native} called with a non-global RegExp argument`;
    }],
    ["RangeError", /^invalid repeat count$/, (frame, _, native) => `Invalid count value: ${firstArgument(frame, native)}`],
    ["RangeError", /^invalid array length$/, plain("Invalid array length")],
    ["RangeError", /^invalid number of digits$/, (frame, _, native) => {
      frame.at = called(frame.at, native);
      return native === "toPrecision" ? "toPrecision() argument must be between 1 and 100" : `${native}() digits argument must be between 0 and 100`.replace("toExponential() digits", "toExponential()");
    }],
    ["RangeError", /^Date value is NaN$/, plain("Invalid time value")],
    ["RangeError", /^invalid string length$/, plain("Invalid string length")],
    ["RangeError", /^bad normalization form$/, plain("The normalization form should be one of NFC, NFD, NFKC, NFKD.")],
    ["RangeError", /^cannot convert to BigInt: not an integer$/, (frame, _, native) => `The number ${firstArgument(frame, native)} cannot be converted to a BigInt because it is not an integer`],
    ["SyntaxError", /^invalid BigInt literal$/, (frame, _, native) => `Cannot convert ${firstArgument(frame, native)} to a BigInt`],
    ["URIError", /^.*$/, plain("URI malformed")],
    ["RangeError", /^radix must be/, plain("toString() radix must be between 2 and 36")],
    ["SyntaxError", /^(.*)$/s, (frame, [message], native) => {
      frame.at = called(frame.at, native);
      return native === "RegExp" ? regexWords(frame, message) : undefined;
    }],
  ];

  function regexWords(frame, message) {
    if (/flags/.test(message)) {
      const flags = argument(frame, "RegExp"), text = flags && texts[flags[1] + 1];
      return `Invalid flags supplied to RegExp constructor '${/^["']/.test(text ?? "") ? text.slice(1, -1) : ""}'`;
    }
    const found = argument(frame, "RegExp");
    const pattern = found && /^["']/.test(texts[found[0]]) ? texts[found[0]].slice(1, -1) : "";
    const why = /expecting '\)'/.test(message) ? "Unterminated group" : /nothing to repeat/.test(message) ? "Nothing to repeat"
      : /(?:^|[^\\])\\\\$/.test(pattern) ? "\\ at end of pattern" : /unexpected end|expecting ']'/.test(message) ? "Unterminated character class" : /extraneous characters|unmatched/.test(message) ? "Unmatched ')'"
      : REGEX_WORDS[message] ?? message;
    return `Invalid regular expression: /${pattern.replaceAll("\\\\", "\\")}/: ${why}`;
  }
  const REGEX_WORDS = {
    "invalid repetition count": "numbers out of order in {} quantifier", "duplicate group name": "Duplicate capture group name",
    "invalid class range": "Range out of order in character class",
  };

  // V8 writes the first line of a stack when it is first read: with the name that a constructor gave later.
  const stack = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
  if (stack?.get) {
    const { get, set } = stack, { apply } = Reflect, text = Error.prototype.toString;
    Object.defineProperty(Error.prototype, "stack", { set, configurable: true, get() {
      const read = apply(get, this, []);
      if (typeof read !== "string" || !made.has(this)) return read;
      const head = made.get(this);
      return read.startsWith(head) ? apply(text, this, []) + read.slice(head.length) : read;
    } });
  }

  return { described };
});
