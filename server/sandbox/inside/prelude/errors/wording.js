// The engine's words, and what V8 says instead.
(function (host) {
  "use strict";
  const { load } = host;
  const { texts, begins, partners, tokenAt, isDot, chainEnd } = load("source");
  const { called, place, nameOrDot, readGlobal, assigned } = load("places");
  const later = (part, name) => (...given) => load(part)[name](...given);
  const notAFunction = later("calls", "notAFunction");
  const [notIterable, notAnObject] = ["notIterable", "notAnObject"].map((name) => later("patterns", name));
  const [calledOnNothing, readOnly, privateWords] = ["calledOnNothing", "readOnly", "privateWords"].map((name) =>
    later("seldom", name)
  );

  const inFunction = (at) => load("tree").functionAt(at);
  // V8 points at the object of `a.b.c += 1` and the like.
  function counted(frame, name) {
    const { nodes } = load("tree"), here = inFunction(frame.at);
    const isIt = (member) =>
      member?.type === "Member" && member.object.start <= frame.at && frame.at <= member.end &&
      (member.name === name || member.key) && inFunction(member.start) === here;
    const found = nodes().find((node) =>
      (node.type === "Update" && isIt(node.left)) || (node.type === "Count" && isIt(node.operand))
    );
    const object = found && (found.left ?? found.operand).object;
    return object ? object.place ?? object.start : -1;
  }
  function read(frame, [name, base]) {
    const at = counted(frame, name);
    if (at >= 0) {
      frame.at = at;
      return `Cannot read properties of ${base} (reading '${name}')`;
    }
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
    if (found >= 0) frame.at = begins[found];
    else if (name === "Symbol.asyncIterator") return awaited(frame, base);
    else return notAnObject(frame, [base]) ?? `Cannot read properties of ${base} (reading '${name}')`;
    return `Cannot read properties of ${base} (reading '${name}')`;
  }

  // `for await` over nothing.
  function awaited(frame, base) {
    const loop = load("tree").nodes().find((node) =>
      node.type === "ForOf" && node.isAwait && node.over.end >= frame.at
    );
    if (loop) frame.at = loop.over.place ?? loop.over.start;
    return `Cannot read properties of ${base} (reading 'Symbol(Symbol.asyncIterator)')`;
  }

  function notLoopedOver(frame) {
    const { nodes, valueOf, print, unknown: none } = load("tree");
    const loop = nodes().find((node) => node.type === "ForOf" && node.isAwait && frame.at <= node.over.end);
    if (!loop) return undefined;
    const value = valueOf(loop.over);
    if (
      value === none || value === null || typeof value === "string" || Array.isArray(value) ||
      Symbol.asyncIterator in Object(value)
    ) return undefined;
    frame.at = loop.over.place ?? loop.over.start;
    return loop.over.type === "Call"
      ? `${print(loop.over)} is not a function or its return value is not async iterable`
      : `${print(loop.over)} is not async iterable`;
  }

  function written(frame, [name, base]) {
    const { nodes, valueOf, unknown: none } = load("tree"), around = inFunction;
    const words = `Cannot set properties of ${base} (setting '${name}')`;
    const isIt = ({ left }) =>
      left?.type === "Member" &&
      (left.key
        ? [none, name].includes(valueOf(left.key) === none ? none : String(valueOf(left.key)))
        : left.name === name);
    const found = nodes().filter((node) =>
      (node.type === "Assignment" || node.type === "Update") && isIt(node) && around(node.start) === around(frame.at)
    );
    const best = found.sort((a, b) => Math.abs(a.start - frame.at) - Math.abs(b.start - frame.at))[0];
    if (best) frame.at = best.place;
    return words;
  }

  // Where V8 says that a constant was assigned to, or -1. The engine may point at a later statement of the function.
  function assignedConstant(offset, name) {
    const { nodes } = load("tree"), around = inFunction;
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
    const isGlobal = nodes().some((node) =>
      node.type === "Declarator" && node.left.name === name && !around(node.start)
    );
    for (const node of nodes()) {
      if (node.type === "Count" && node.operand.name === name) {
        add(node.start, node.isPrefix ? node.operand.start : node.operand.end);
      }
      if (node.type !== "Assignment" && node.type !== "Update") continue;
      if (node.left.type === "Name" && node.left.name === name) {
        add(node.start, isGlobal && node.operator === "=" ? node.left.start : node.place);
      } else if (node.left.type === "Array" || node.left.type === "Object") targets(node.left);
    }
    found.sort((a, b) => a[0] - b[0]);
    const best = found.filter(([start]) => start <= offset).at(-1) ?? found[0];
    if (best) return best[1];
    const loop = nodes().find((node) =>
      node.type === "Name" && node.name === name && around(node.start) === here &&
      /\bfor\s*\(\s*$/.test(load("source").code.slice(0, node.start))
    );
    return loop ? loop.start : -1;
  }

  // `say(frame, groups, native)` may move `frame.at`.
  const WORDS = [
    ["TypeError", /^cannot read property 'Symbol\.iterator' of (undefined|null)$/, notIterable],
    ["TypeError", /^cannot read property '(.*)' of (undefined|null)$/s, read],
    ["TypeError", /^cannot set property '(.*)' of (undefined|null)$/s, written],
    [
      "TypeError",
      /^not a function$/,
      (frame, found, native) => notLoopedOver(frame) ?? notAFunction(frame, found, native),
    ],
    ["TypeError", /^not a constructor$/, notAFunction],
    ["TypeError", /^value is not iterable$/, notIterable],
    ["TypeError", /^Cannot convert undefined or null to object$/, (frame, found, native) => {
      if (native) return calledOnNothing(frame, native);
      const words = notAnObject(frame, found, native);
      if (words) return words;
      const removed = load("tree").nodes().find((node) =>
        node.type === "Unary" && node.operator === "delete" && node.end >= frame.at && node.operand.type === "Member"
      );
      if (removed) frame.at = removed.operand.object.place ?? removed.operand.object.start;
      return undefined;
    }],
    ["TypeError", /^proxy: cannot set property$/, (frame) => {
      const found = writing(frame);
      frame.at = found?.member.place ?? frame.at;
      return `'set' on proxy: trap returned falsish for property '${found ? keyOf(found.member) ?? "" : ""}'`;
    }],
    ["TypeError", /^'(.*)' is read-only$/, (frame, [name], native) => {
      if (native) return readOnly(frame, name, native);
      const at = assignedConstant(frame.at, name);
      if (at >= 0) return place(Object.assign(frame, { at }), -1, "Assignment to constant variable.");
      return name.startsWith("#") ? privateWords(frame, name) : readOnly(frame, name, native);
    }],
    ["ReferenceError", /^this is not initialized$/, (frame) => {
      // At its end, where nothing of it was run that has a place.
      const { nodes } = load("tree"), { code } = load("source");
      const owner = texts[tokenAt(frame.at)] === "this" || texts[tokenAt(frame.at)] === "super" ||
          texts[tokenAt(frame.at) - 1] === "this"
        ? null
        : nodes().find((node) =>
          node.type === "Class" && node.heritage && node.name === frame.name && node.start >= frame.at - 1
        );
      const head = owner && /\bconstructor\s*\(/.exec(code.slice(owner.start, owner.end));
      if (head) frame.at = owner.start + head.index + head[0].length - 1;
      return "Must call super constructor in derived class before accessing 'this' or returning from derived constructor";
    }],
    [
      "ReferenceError",
      /^(.*) is not initialized$/,
      (frame, [name]) => assigned(frame, name, `Cannot access '${name}' before initialization`),
    ],
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
