// The engine's words, and what V8 says instead.
(function (host) {
  "use strict";
  const { load } = host;
  const { texts, begins, partners, tokenAt, isDot, chainStart, chainEnd, around } = load("source");
  const { called, operatorAt, operated, place, nameOrDot, readGlobal, assigned, property } = load("places");
  const { unknown, valueOf, firstPlain, firstArgument } = load("values");
  const { notAFunction } = load("calls");
  const { notIterable, nextPattern, destructured, notAnObject } = load("patterns");

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

  const plain = (words) => (frame, found, native) => {
    if (native) frame.at = called(frame.at, native);
    return typeof words === "function" ? words(...found) : words;
  };
  const plainNative = (words) => (frame, _, native) => {
    frame.at = called(frame.at, native);
    return words(native);
  };
  const operator = (words) => (frame, found) => {
    frame.at = operated(frame.at);
    return typeof words === "function" ? words(frame, found) : words;
  };

  function inWords(frame) {
    const tree = load("tree"), i = operatorAt(frame.at + 1);
    const node = tree.nodes().find(({ type, operator, place }) => type === "Binary" && operator === "in" && place === begins[i]);
    const left = node ? tree.valueOf(node.left) : tree.unknown, right = node ? tree.valueOf(node.right) : tree.unknown;
    if (left === tree.unknown || right === tree.unknown) return "Cannot use 'in' operator to search for a key in a value that is not an object";
    return `Cannot use 'in' operator to search for '${String(left)}' in ${String(right)}`;
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
    ["RangeError", /^BigInt division by zero$/, operator("Division by zero")],
    ["TypeError", /^bigint argument with unary \+$/, operator("Cannot convert a BigInt value to a number")],
    ["TypeError", /^BigInt operands are forbidden for >>>$/, operator("BigInts have no unsigned right shift, use >> instead")],
    ["TypeError", /^toPrimitive$/, (frame, _, native) => {
      frame.at = native ? called(frame.at, native) : operated(frame.at);
      return "Cannot convert object to primitive value";
    }],
    ["TypeError", /^must be called with new$/, (frame, _, native) => {
      frame.at = called(frame.at, native);
      return native === "Promise" ? "Promise constructor cannot be invoked without 'new'" : `Constructor ${native} requires 'new'`;
    }],
    ["TypeError", /^regexp not supported$/, plainNative((native) => `First argument to String.prototype.${native} must not be a regular expression`)],
    ["TypeError", /^object prototype may only be an Object or null$/, (frame, _, native) => `Object prototype may only be an Object or null: ${firstArgument(frame, native)}`],
    ["TypeError", /^invalid value used as WeakMap key$/, plainNative(() => "Invalid value used as weak map key")],
    ["TypeError", /^invalid value used as WeakSet key$/, plainNative(() => "Invalid value used in weak set")],
    ["TypeError", /^cannot convert to BigInt$/, (frame, _, native) => `Cannot convert ${firstArgument(frame, native)} to a BigInt`],
    ["RangeError", /^cannot convert NaN or Infinity to BigInt$/, (frame, _, native) => `The number ${firstArgument(frame, native)} cannot be converted to a BigInt because it is not an integer`],
    ["RangeError", /^invalid (?:array index|array buffer length)$/, (frame, _, native) => {
      if (native === "ArrayBuffer") return plainNative(() => "Invalid array buffer length")(frame, _, native);
      return /Array$/.test(native) ? `Invalid typed array length: ${firstArgument(frame, native)}` : undefined;
    }],
    ["ReferenceError", /^'this' can be initialized only once$/, () => "Super constructor may only be called once"],
    ["RangeError", /^cannot convert to BigInt: not an integer$/, (frame, _, native) => `The number ${firstArgument(frame, native)} cannot be converted to a BigInt because it is not an integer`],
    ["SyntaxError", /^invalid BigInt literal$/, (frame, _, native) => `Cannot convert ${firstArgument(frame, native)} to a BigInt`],
    ["URIError", /^(?:expecting (?:%|hex digit|surrogate pair)|malformed UTF-8|invalid character)$/, plain("URI malformed")],
    ["RangeError", /^radix must be/, plain("toString() radix must be between 2 and 36")],
    ["SyntaxError", /^(.*)$/s, (frame, [message], native) => {
      frame.at = called(frame.at, native);
      return /^(?:RegExp|match|matchAll|search)$/.test(native) ? regexWords(frame, message) : undefined;
    }],
  ];

  // `message` is the engine's. The pattern is known when it is plain to see what it is.
  function regexWords(frame, message) {
    const { callAt, valueOf, unknown: none } = load("tree");
    const [first, second] = callAt(frame.at)?.list ?? [];
    const pattern = first ? valueOf(first) : none, flags = second ? valueOf(second) : "";
    if (/flags/.test(message)) return `Invalid flags supplied to RegExp constructor '${typeof flags === "string" ? flags : ""}'`;
    const why = typeof pattern === "string" && typeof flags === "string" ? load("regexes").regexFault(pattern, flags) : null;
    if (why) return `Invalid regular expression: /${pattern}/${flags}: ${why}`;
    return `Invalid regular expression: ${typeof pattern === "string" ? `/${pattern}/` : "//"}: ${REGEX_WORDS[message] ?? message}`;
  }
  const REGEX_WORDS = {
    "expecting ')'": "Unterminated group", "nothing to repeat": "Nothing to repeat", "unexpected end": "Unterminated character class", "expecting ']'": "Unterminated character class",
    "extraneous characters at the end": "Unmatched ')'", "invalid repetition count": "numbers out of order in {} quantifier",
    "duplicate group name": "Duplicate capture group name", "invalid class range": "Range out of order in character class", "invalid group name": "Invalid capture group name",
    "invalid group": "Invalid group", "expecting ':'": "Invalid group", "unknown unicode property name": "Invalid property name", "invalid escape sequence in regular expression": "Invalid escape",
  };

  return { WORDS };
});
