// The engine's words, and what V8 says instead: those that are seldom needed.
(function (host) {
  "use strict";
  const { load } = host;
  const { texts, begins, tokenAt, chainEnd } = load("source");
  const { called, operatorAt, operated, place, property } = load("places");
  const { unknown, valueOf, firstPlain, firstArgument } = load("values");

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

  // As in `wording.js`.
  const WORDS = [
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
