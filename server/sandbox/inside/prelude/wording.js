// The engine's words, and what V8 says instead.
(function (host) {
  "use strict";
  const { load } = host;
  const { texts, begins, partners, tokenAt, isDot, chainStart, chainEnd, around } = load("source");
  const { called, operatorAt, operated, place, nameOrDot, readGlobal, assigned, property } = load("places");
  const { unknown, valueOf, argument, firstPlain, firstArgument } = load("values");
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
    const here = tokenAt(frame.at);
    const at = (i) => isDot(i - 1) && texts[i] === name && /^(?:[-+*/%&|^]|\*\*|&&|\|\||\?\?)?=$/.test(texts[i + 1] ?? "");
    for (let far = 0; far < 60; far++) {
      const i = at(here + far) ? here + far : here - far;  // the nearest one
      if (at(i)) return place(frame, i + 1, `Cannot set properties of ${base} (setting '${name}')`);
    }
    return `Cannot set properties of ${base} (setting '${name}')`;
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

  return { WORDS };
});
