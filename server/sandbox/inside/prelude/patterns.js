// What was taken apart that has no parts, by a pattern, a loop or a spread, in V8's words.
(function (host) {
  "use strict";
  const { load, given } = host;
  const { texts, begins, partners, tokenAt, isWord, isDot, chainEnd, shown, around } = load("source");
  const { called, place } = load("places");
  const { unknown, valueOf, argument } = load("values");

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

  return { notIterable, nextPattern, destructured, notAnObject };
});
