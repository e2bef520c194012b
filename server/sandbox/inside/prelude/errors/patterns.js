// What was taken apart that has no parts, by a pattern, a loop or a spread, in V8's words. The engine says neither what
// nor which value: it is found by doing on the tree what the code did, with the values that are plain to see.
(function (host) {
  "use strict";
  const { load } = host;
  const { code } = load("source");
  const { called } = load("places");
  const { unknown, valueOf, nodes, print, property, callAt, around, functionAt } = load("tree");
  const MAX_ELEMENTS = 1000;
  const CALLBACKS = new Set([
    "map",
    "forEach",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "some",
    "every",
    "flatMap",
    "reduce",
    "reduceRight",
    "sort",
    "toSorted",
  ]);

  const isNothing = (value) => value === null || value === undefined;
  // Whether a loop can go over the value; undefined where that is not known.
  function isIterable(value) {
    if (typeof value === "string" || Array.isArray(value)) return true;
    if (isNothing(value) || typeof value !== "object") return false;
    return value instanceof Map || value instanceof Set
      ? true
      : Object.hasOwn(value, Symbol.iterator)
      ? undefined
      : false;
  }

  // V8's word for a value that it finds no expression for.
  function kindOf(value, base) {
    if (value === unknown) return base === "null" ? "object null" : base || "object";
    if (value === null) return "object null";
    if (typeof value === "string") return `string "${value}"`;
    return typeof value === "number" || typeof value === "boolean" ? `${typeof value} ${value}` : typeof value;
  }
  const noIterator = (what) => `${what} is not iterable (cannot read property Symbol(Symbol.iterator))`;

  // Where V8 says that an expression is, which is often not where it begins.
  const positionOf = (node) => (node.type === "Binary" ? -1 : node.place ?? node.start);

  // Of an expression that was looped over: `isStart` when V8 looks for it where it begins.
  function notLooped(node, value, base, isStart, isAwait) {
    if (node.type === "Binary" || (isStart && positionOf(node) !== node.start)) return noIterator(kindOf(value, base));
    const how = isAwait ? "async iterable" : "iterable";
    if (node.type === "Call" || node.type === "New") {
      return `${print(node.callee, !isAwait)}${
        isAwait ? "(...)" : ""
      } is not a function or its return value is not ${how}`;
    }
    return `${print(node, !isAwait)} is not ${how}`;
  }

  // The first property of a pattern, as V8 names and places it: `{ name, at, isPlain }`.
  function firstOf(pattern) {
    const first = pattern.list[0];
    if (!first || first.isComputed) return { name: null, at: pattern.start, isPlain: true };
    if (first.kind === "spread") return { name: null, at: first.value.start, isPlain: true };
    const target = first.value.type === "Assignment" ? first.value.left : first.value;
    return { name: first.name, at: target.start, isPlain: first.value.type !== "Assignment" };
  }

  // What the engine complained of: "list" of a loop, a spread or a pattern in square brackets, "object" of one in
  // curly.
  let wanted = "";

  // What goes wrong first when the value is taken apart by the pattern: `{ type, value, at, say }`, or null when
  // nothing is known to. `source` is how V8 shows what is taken apart, "" where it knows nothing of it.
  function fault(
    pattern,
    value,
    { source = "", isNested = false, inObject = "", at = pattern.start, over = null } = {},
  ) {
    const isList = pattern.type === "Array";
    const isBad = value === unknown
      ? wanted === (isList ? "list" : "object")
      : isList
      ? isIterable(value) === false
      : isNothing(value);
    if (isBad) {
      if (isList) {
        return {
          type: "list",
          value,
          at: over ? at : isNested ? pattern.start : at,
          say: (base) => listWords(value, base, over, inObject, source),
        };
      }
      const { name, at: first, isPlain } = firstOf(pattern);
      return {
        type: "object",
        value,
        at: first,
        say: (base) =>
          objectWords(
            value === unknown ? base ?? "undefined" : String(value),
            name,
            isNested || !isPlain,
            source,
            value === unknown ? base : value === null ? "null" : undefined,
          ),
      };
    }
    return isList ? faultInList(pattern, value) : faultInObject(pattern, value, source);
  }
  function listWords(value, base, over, inObject, source) {
    if (over) return notLooped(over, value, base, true);
    if (source.startsWith(".for")) return `${source} is not iterable`;
    const isNone = value === unknown ? Boolean(base) : isNothing(value);
    if (inObject && isNone) {
      return `Cannot destructure property 'Symbol(Symbol.iterator)' of '${inObject}' as it is ${
        value === unknown ? base : value
      }.`;
    }
    return noIterator(inObject || kindOf(value, base));
  }
  function objectWords(value, name, isRead, source, base) {
    if (isRead && name !== null) return `Cannot read properties of ${value} (reading '${name}')`;
    const what = source || (base === "null" ? "object null" : value);
    return name === null
      ? `Cannot destructure '${what}' as it is ${value}.`
      : `Cannot destructure property '${name}' of '${what}' as it is ${value}.`;
  }

  // The value, or what stands for it when it is undefined.
  function targetOf(each, value) {
    if (each.type !== "Assignment") return [each, value, {}];
    if (value !== undefined) return [each.left, value, { source: print(each.right) }];
    return [each.left, valueOf(each.right), { source: print(each.right), isDefault: true }];
  }
  const isPattern = (node) => node?.type === "Object" || node?.type === "Array";

  function faultInList(pattern, value) {
    const values = Array.isArray(value) || typeof value === "string" ? [...value] : null;
    for (const [i, each] of pattern.list.entries()) {
      if (!each) continue;
      const [target, part, more] = each.type === "Spread"
        ? [each.operand, values ? values.slice(i) : unknown, {}]
        : targetOf(each, values ? values[i] : unknown);
      if (!isPattern(target)) continue;
      const found = fault(target, part, { isNested: each.type !== "Assignment", ...more });
      if (found) return found;
    }
    return null;
  }
  function faultInObject(pattern, value, source) {
    for (const { name, value: each, isComputed, kind } of pattern.list) {
      if (isComputed || kind === "spread") continue;
      const [target, part, more] = targetOf(each, value === unknown ? unknown : property(value, name, true));
      if (!isPattern(target)) continue;
      const found = fault(target, part, {
        isNested: each.type !== "Assignment",
        inObject: each.type === "Assignment" ? "" : source,
        ...more,
      });
      if (found) return found;
    }
    return null;
  }

  // --- Where the code takes something apart: `{ at, kind, … }` in the order of the code; `at` as the engine counts.

  let known = null;
  const sites = () => (known ??= collected());
  function collected() {
    const found = [];
    for (const node of nodes()) {
      switch (node.type) {
        case "Declarator":
          if (node.right && isPattern(node.left)) {
            found.push({ at: node.left.start, pattern: node.left, from: node.right, start: node.right.start });
          }
          break;
        case "Assignment":
          if (isPattern(node.left)) {
            found.push({
              at: node.left.start,
              pattern: node.left,
              from: node.right,
              start: node.place,
              isAssigned: true,
            });
          }
          break;
        case "ForOf":
          if (!node.isOf) break;
          found.push({ at: node.over.end, loop: node });
          if (isPattern(node.left)) found.push({ at: node.over.end, pattern: node.left, each: node });
          break;
        case "Array":
          for (const each of node.list) {
            if (each?.type === "Spread") found.push({ at: each.operand.end, spread: each.operand });
          }
          break;
        case "Call":
        case "New": {
          const spreads = node.list.filter((each) => each?.type === "Spread");
          const isLast = spreads.length === 1 && node.list.at(-1) === spreads[0];
          for (const each of spreads) {
            found.push({ at: each.operand.end, spread: each.operand, call: isLast ? node : null, isArgument: true });
          }
          break;
        }
        case "Yield":
          if (node.isStar) found.push({ at: node.operand.end, yielded: node });
          break;
        case "Catch":
          if (isPattern(node.left)) found.push({ at: node.left.start, pattern: node.left, isCaught: true });
          break;
        case "Function":
          for (const [index, each] of (node.parameters ?? []).entries()) {
            const pattern = each.type === "Assignment" ? each.left : each;
            if (isPattern(pattern)) {
              found.push({ at: pattern.start, pattern, parameter: { fn: node, index, usual: each.right ?? null } });
            }
          }
      }
    }
    return found.sort((a, b) => a.at - b.at);
  }

  // What names may stand for at a place: a list of `[[name, value], …]`, one for each round of a loop or callback.
  function rounds(start, caller) {
    let all = [[]];
    const inner = functionAt(start, true);
    const bind = (name, values) => {
      if (all.length * values.length <= MAX_ELEMENTS) {
        all = all.flatMap((each) => values.map((value) => [...each, [name, value]]));
      }
    };
    for (const node of nodes()) {
      if (
        node.type === "ForOf" && node.isOf && node.left?.type === "Name" && node.over.end <= start &&
        start < node.bodyEnd
      ) {
        const values = valueOf(node.over);
        if (values !== unknown && isIterable(values)) bind(node.left.name, [...values]);
      } else if (node.type === "Function" && node.start <= start && start < node.end && node.parameters?.length) {
        const given = argumentsOf(node, node === inner ? caller : null);
        for (const [i, each] of node.parameters.entries()) {
          if (each.type === "Name" && given?.[i] && !given[i].includes(unknown)) bind(each.name, given[i]);
        }
      }
    }
    return all;
  }

  // The values that a function's parameters may have had, a list for each; null when that is not known.
  function argumentsOf(fn, caller) {
    const home = around(fn);
    const isNamed = (node) =>
      node?.type === "Name" && (!home || (home.start <= node.start && node.end <= home.end)) &&
      (fn.name === node.name ||
        nodes().some((each) => each.type === "Declarator" && each.left.name === node.name && each.right === fn));
    const isIt = (node) => node === fn || isNamed(node);
    const call = nodes().find((node) => node.type === "Call" && CALLBACKS.has(node.callee.name) && isIt(node.list[0]));
    if (call) {
      const values = valueOf(call.callee.object), name = call.callee.name;
      if (!Array.isArray(values) || values.length > MAX_ELEMENTS || name === "sort" || name === "toSorted") {
        return Array.isArray(values) && name.endsWith("ort") ? [values, values] : null;
      }
      return /^reduce/.test(name) ? [null, values] : [/Last/.test(name) ? [...values].reverse() : values];
    }
    const own = caller ? callAt(called(caller.at, caller.callee)) : null;
    if (!own || own.list.some((each) => each?.type === "Spread")) return null;
    return fn.parameters.map((_, i) => [i < own.list.length ? valueOf(own.list[i]) : undefined]);
  }

  const opening = (fn) => (fn.isArrow ? fn.start : code.lastIndexOf("(", fn.parameters[0].start));

  // What is wrong at a site, as far as is known: like `fault`, with `isSure`; null for nothing.
  function wrongAt(site, frame) {
    if (site.parameter) {
      const { fn, index, usual } = site.parameter, given = argumentsOf(fn, frame.caller)?.[index] ?? [unknown];
      for (const value of given) {
        const found = fault(site.pattern, value === undefined && usual ? valueOf(usual) : value, {
          source: usual ? print(usual) : "",
          at: opening(fn),
        });
        if (found) return found;
      }
      return null;
    }
    if (site.each) {
      const { over, isDeclared } = site.each, values = valueOf(over);
      const options = isDeclared ? { source: ".for", at: site.pattern.end - 1 } : { isNested: true };
      for (const value of values !== unknown && isIterable(values) ? [...values] : [unknown]) {
        const found = fault(site.pattern, value, options);
        if (found) return found;
      }
      return null;
    }
    if (site.isCaught) return fault(site.pattern, unknown, { source: site.pattern.type === "Array" ? "" : ".catch" });
    const from = site.from ?? site.spread ?? site.loop?.over ?? site.yielded.operand;
    let last = null;
    for (const env of rounds(from.start, frame.caller)) {
      const found = wrongWith(site, from, valueOf(from, 0, env));
      if (found && found.value !== unknown) return found;
      last ??= found;
    }
    return last;
  }
  function wrongWith(site, from, value) {
    if (site.pattern) {
      const source = from.isChain && !site.isAssigned ? "(intermediate value)" : print(from);
      return fault(site.pattern, value, {
        source,
        at: site.start,
        over: site.pattern.type === "Array" && !site.isAssigned && !from.isChain ? from : null,
      });
    }
    if (value !== unknown && isIterable(value) !== false) return null;
    const found = (at, say) => ({ type: "list", value, at, say });
    if (site.call) {
      return found(
        site.call.place,
        (base) =>
          (value === unknown ? base : isNothing(value)) || (value !== unknown && isNothing(value))
            ? `${print(from)} is not iterable (cannot read property ${value === unknown ? base : value})`
            : "Spread syntax requires ...iterable[Symbol.iterator] to be a function",
      );
    }
    if (site.isArgument) return found(from.place ?? from.start, (base) => noIterator(kindOf(value, base)));
    if (site.yielded) {
      const isPlaced = from.type === "Call" || from.type === "Member";
      return found(
        isPlaced ? from.place : site.yielded.start,
        (base) => (isPlaced ? "yield* (intermediate value) is not iterable" : noIterator(kindOf(value, base))),
      );
    }
    const at = from.type === "Binary" && site.loop ? from.left.place ?? from.left.start : from.place ?? from.start;
    if (site.spread && from.type === "Binary") return found(at, () => `${print(from, true)} is not iterable`);
    return found(at, (base) => notLooped(from, value, base, false, site.loop?.isAwait));
  }

  // The words for what failed at the frame; undefined when nothing there can have. `base` is "null" or "undefined"
  // where the engine tells, "" where it tells that it is neither.
  function taken(frame, type, base) {
    wanted = type;
    // A function in which nothing has a place yet fails where it was made.
    const next =
      nodes().filter((node) => node.type === "Function" && node.start >= frame.at).sort((a, b) => a.start - b.start)[0];
    const all = sites().filter((site) => site.at >= frame.at);
    const here = functionAt(frame.at, true);
    const isElsewhere = here ? here.name !== "" && here.name !== frame.name : frame.name !== "<eval>";
    const isNear = (fn) => !fn || fn === next || (fn.start <= frame.at && frame.at < fn.end);
    return takenAt(all.filter((site) => isNear(siteFunction(site))), frame, type, base) ??
      takenAt(
        all.filter((site) => !isNear(siteFunction(site)) && (isElsewhere || !siteFunction(site).isArrow)),
        frame,
        type,
        base,
      );
  }
  const siteFunction = (site) =>
    site.parameter?.fn ?? around(site.pattern ?? site.from ?? site.spread ?? site.loop?.over ?? site.yielded);
  function takenAt(all, frame, type, base) {
    for (const site of all) {
      const found = wrongAt(site, frame);
      if (!found || found.type !== type) continue;
      if (
        found.value !== unknown && base !== undefined && (base ? String(found.value) !== base : isNothing(found.value))
      ) continue;
      frame.at = found.at;
      return found.say(base || undefined);
    }
    return undefined;
  }

  // A loop, a spread or a pattern in square brackets.
  function notIterable(frame, [base = ""], native) {
    if (native) {
      frame.at = called(frame.at, native);
      const given = callAt(frame.at)?.list[0], value = given ? valueOf(given) : undefined;
      if (native === "fromEntries" && isNothing(value)) return "undefined is not iterable";
      if (native === "from" && !isNothing(value) && value !== unknown) {
        return "%Array%.from requires that the property of the first argument, items[Symbol.iterator], when exists, be a function";
      }
      return noIterator(kindOf(value, base));
    }
    return taken(frame, "list", base) ??
      (base
        ? noIterator(base === "null" ? "object null" : base)
        : "object is not iterable (cannot read property Symbol(Symbol.iterator))");
  }

  // A pattern in curly brackets, or a method of Object.
  function notAnObject(frame, [base], native) {
    if (native) {
      frame.at = called(frame.at, native);
      return undefined;
    }
    return taken(frame, "object", base);
  }

  // The value of an expression, or one that it may have had and that `isBad`.
  function knownOf(node, frame, isBad) {
    for (const env of rounds(node.start, frame.caller)) {
      const value = valueOf(node, 0, env);
      if (value !== unknown && isBad(value)) return value;
    }
    return unknown;
  }

  return { notIterable, notAnObject, knownOf };
});
