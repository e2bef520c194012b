// The engine's words, and what V8 says instead.
(function (host) {
  "use strict";
  const { load } = host;
  const { texts, begins, partners, tokenAt, isDot, chainEnd } = load("source");
  const { called, place, nameOrDot, readGlobal, assigned, property } = load("places");
  const later = (part, name) => (...given) => load(part)[name](...given);
  const notAFunction = later("calls", "notAFunction");
  const [notIterable, nextPattern, destructured, notAnObject] = ["notIterable", "nextPattern", "destructured", "notAnObject"].map((name) => later("patterns", name));

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

  function written(frame, [name, base]) {
    const { nodes, valueOf, smallest, unknown: none } = load("tree");
    const words = `Cannot set properties of ${base} (setting '${name}')`;
    const around = (at) => smallest(nodes().filter((node) => node.type === "Function" && node.start < at && at < node.end));
    const isIt = ({ left }) => left?.type === "Member" && (left.key ? [none, name].includes(valueOf(left.key) === none ? none : String(valueOf(left.key))) : left.name === name);
    const found = nodes().filter((node) => (node.type === "Assignment" || node.type === "Update") && isIt(node) && around(node.start) === around(frame.at));
    const best = found.sort((a, b) => Math.abs(a.start - frame.at) - Math.abs(b.start - frame.at))[0];
    if (best) frame.at = best.place;
    return words;
  }

  // Where V8 says that a constant was assigned to, or -1. The engine may point at a later statement of the function.
  function assignedConstant(offset, name) {
    const { nodes, smallest } = load("tree");
    const around = (at) => smallest(nodes().filter((node) => node.type === "Function" && node.start < at && at < node.end));
    const here = around(offset), found = [];
    const add = (start, at) => around(start) === here && found.push([start, at]);
    const targets = (pattern) => {
      if (!pattern) return;
      if (pattern.type === "Name" && pattern.name === name) add(pattern.start, pattern.start);
      else if (pattern.type === "Array") pattern.list.forEach(targets);
      else if (pattern.type === "Object") pattern.list.forEach((each) => targets(each.value));
      else if (pattern.type === "Assignment") targets(pattern.left);
      else if (pattern.type === "Spread") targets(pattern.operand);
    };
    const isGlobal = nodes().some((node) => node.type === "Declarator" && node.left.name === name && !around(node.start));
    for (const node of nodes()) {
      if (node.type === "Count" && node.operand.name === name) add(node.start, node.isPrefix ? node.operand.start : node.operand.end);
      if (node.type !== "Assignment" && node.type !== "Update") continue;
      if (node.left.type === "Name" && node.left.name === name) add(node.start, isGlobal && node.operator === "=" ? node.left.start : node.place);
      else if (node.left.type === "Array" || node.left.type === "Object") targets(node.left);
    }
    found.sort((a, b) => a[0] - b[0]);
    const best = found.filter(([start]) => start <= offset).at(-1) ?? found[0];
    if (best) return best[1];
    const loop = nodes().find((node) => node.type === "Name" && node.name === name && /\bfor\s*\(\s*$/.test(load("source").code.slice(0, node.start)));
    return loop ? loop.start : -1;
  }

  // `say(frame, groups, native)` may move `frame.at`.
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
      const at = assignedConstant(frame.at, name);
      if (at >= 0) return place(Object.assign(frame, { at }), -1, "Assignment to constant variable.");
      return property(frame, () => `Cannot assign to read only property '${name}' of object '#<Object>'`);
    }],
    ["ReferenceError", /^this is not initialized$/, () => "Must call super constructor in derived class before accessing 'this' or returning from derived constructor"],
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
  ];

  return { WORDS };
});
