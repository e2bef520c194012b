// The engine's words, and what V8 says instead: those that are seldom needed.
(function (host) {
  "use strict";
  const { load } = host;
  const { texts, begins, tokenAt, chainEnd } = load("source");
  const { called, operatorAt, operated, place, property } = load("places");
  const { unknown, valueOf, firstPlain, firstArgument } = load("values");
  const { knownOf } = load("patterns");
  const inFunction = (at) => load("tree").functionAt(at);

  function argumentShown(frame, native, index) {
    frame.at = called(frame.at, native);
    const { callAt, valueOf, shown, print, unknown: none } = load("tree"), node = callAt(frame.at)?.list[index];
    const value = node ? valueOf(node) : undefined;
    return value === none ? print(node) : shown(value);
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
    const node = tree.nodes().find(({ type, operator, place }) =>
      type === "Binary" && operator === "in" && place === begins[i]
    );
    const left = node ? tree.valueOf(node.left) : tree.unknown,
      right = node
        ? knownOf(node.right, frame, (value) => value === undefined || value === null || typeof value !== "object")
        : tree.unknown;
    if (node?.left.type === "PrivateName" && right !== tree.unknown) {
      return `Cannot use 'in' operator to search for '${node.left.name}' in ${String(right)}`;
    }
    if (left === tree.unknown || right === tree.unknown) {
      return "Cannot use 'in' operator to search for a key in a value that is not an object";
    }
    return `Cannot use 'in' operator to search for '${String(left)}' in ${String(right)}`;
  }

  // What the code wrote to at the frame: `{ member, at }`, where V8 points.
  function writing(frame, test = () => true) {
    const { nodes } = load("tree"), here = inFunction(frame.at), found = [];
    for (const node of nodes()) {
      const member = node.left ?? (node.type === "Count" ? node.operand : null);
      if (
        !/^(?:Assignment|Update|Count)$/.test(node.type) || member?.type !== "Member" || member.end <= frame.at ||
        !test(member)
      ) continue;
      if (inFunction(node.start) === here) found.push({ member, at: node.place ?? member.place, start: node.start });
    }
    return found.sort((a, b) => a.start - b.start)[0] ?? null;
  }
  const keyOf = (member) => {
    const { valueOf } = load("tree"), key = member.key ? valueOf(member.key) : member.name;
    return ["string", "number"].includes(typeof key) ? String(key) : null;
  };
  // How V8 shows the object that a member belongs to.
  function ownerShown(member) {
    const { nodes, valueOf, shown, unknown: none } = load("tree"), { object } = member;
    const value = valueOf(object);
    const made = object.type === "New"
      ? object
      : object.type === "Name"
      ? nodes().find((node) => node.type === "Declarator" && node.left.name === object.name)?.right
      : null;
    if (object.type === "This") {
      const owner = nodes().filter((node) =>
        node.type === "Class" && node.start < object.start && object.start < node.end
      ).at(0);
      if (owner?.name) return `#<${owner.name}>`;
    }
    return value === none ? shown({}, made) : shown(value, made);
  }
  function readOnly(frame, name, native) {
    const { callAt, valueOf, shown, unknown: none } = load("tree");
    if (native) {
      frame.at = called(frame.at, native);
      const list = valueOf(callAt(frame.at)?.callee?.object);
      return `Cannot assign to read only property '${name}' of object '${
        list === none ? "[object Array]" : shown(list)
      }'`;
    }
    const found = writing(frame, (member) => keyOf(member) === null || keyOf(member) === name);
    if (!found) return property(frame, () => `Cannot assign to read only property '${name}' of object '#<Object>'`);
    frame.at = found.at;
    const value = valueOf(found.member.object);
    if (typeof value === "string") return `Cannot assign to read only property '${name}' of string '${value}'`;
    return `Cannot assign to read only property '${name}' of object '${ownerShown(found.member)}'`;
  }
  // `#name = …` or `#name` of a class that has no setter, no getter or a method of that name.
  function privateWords(frame, name) {
    const { nodes } = load("tree"), { code } = load("source");
    const member =
      nodes().filter((node) => node.type === "Member" && node.isPrivate && node.name === name && node.end > frame.at)
        .sort((a, b) => a.start - b.start)[0];
    if (member) frame.at = member.end - name.length;
    const has = (kind) => new RegExp(`\\b${kind}\\s+${name.replace("$", "\\$&")}\\s*\\(`).test(code);
    if (has("set") && !has("get")) return `'${name}' was defined without a getter`;
    return has("get") ? `'${name}' was defined without a setter` : `Private method '${name}' is not writable`;
  }
  function unwritable(frame) {
    const { valueOf } = load("tree"), found = writing(frame), value = found ? valueOf(found.member.object) : null;
    const key = found ? keyOf(found.member) : null;
    if (key === null || !/^(?:string|number|boolean)$/.test(typeof value)) return undefined;
    frame.at = found.at;
    if (typeof value === "string" && Object.hasOwn(Object(value), key)) {
      return `Cannot assign to read only property '${key}' of string '${value}'`;
    }
    return `Cannot create property '${key}' on ${typeof value} '${value}'`;
  }
  function notAClass(frame) {
    const { nodes, valueOf, shown, unknown: none } = load("tree");
    const made =
      nodes().filter((node) => node.type === "Class" && node.heritage && node.heritage.end >= frame.at).sort((a, b) =>
        a.start - b.start
      )[0];
    if (!made) return undefined;
    const value = valueOf(made.heritage);
    frame.at = made.heritage.place ?? made.heritage.start;
    return `Class extends value ${value === none ? "undefined" : shown(value)} is not a constructor or null`;
  }
  // What a method was called on, where it was handed over by hand.
  function receiver(frame, native) {
    frame.at = called(frame.at, native);
    const { callAt, valueOf, shown, unknown: none } = load("tree"), call = callAt(frame.at);
    const isByHand = call?.callee.type === "Member" && /^(?:call|apply)$/.test(call.callee.name);
    const value = isByHand && call.list[0] ? valueOf(call.list[0]) : undefined;
    return value === none ? "#<Object>" : shown(value);
  }
  function onWrong(words) {
    return (frame, found, native) => {
      if (!native) return undefined;
      const value = receiver(frame, native), { callAt } = load("tree");
      return words(
        /^(?:call|apply)$/.test(native) ? callAt(frame.at)?.callee.object?.name ?? native : native,
        value,
        ...found,
      );
    };
  }
  const ARRAY_METHODS = new Set(Object.getOwnPropertyNames(Array.prototype));

  // A method that was called on null or undefined, or by hand.
  function calledOnNothing(frame, native) {
    if (/^(?:call|apply)$/.test(native)) {
      return onWrong((name) =>
        ARRAY_METHODS.has(name) ? `Array.prototype.${name} called on null or undefined` : undefined
      )(frame, [], native);
    }
    frame.at = called(frame.at, native);
    return ARRAY_METHODS.has(native) && load("tree").callAt(frame.at)?.callee.type === "Name"
      ? `Array.prototype.${native} called on null or undefined`
      : undefined;
  }

  // As in `wording.js`.
  const WORDS = [
    [
      "TypeError",
      /^(Map|Set|WeakMap|WeakSet|RegExp) object expected$/,
      onWrong((native, value, kind) => `Method ${kind}.prototype.${native} called on incompatible receiver ${value}`),
    ],
    ["TypeError", /^not a Date object$/, onWrong(() => "this is not a Date object.")],
    [
      "TypeError",
      /^null or undefined are forbidden$/,
      onWrong((native) => `String.prototype.${native} called on null or undefined`),
    ],
    ["TypeError", /^not a number$/, onWrong((native) => `Number.prototype.${native} requires that 'this' be a Number`)],
    [
      "TypeError",
      /^not a symbol$/,
      (frame, _, native) =>
        native === "keyFor"
          ? `${firstArgument(frame, native)} is not a symbol`
          : onWrong((name) => `Symbol.prototype.${name} requires that 'this' be a Symbol`)(frame, [], native),
    ],
    ["TypeError", /^parent class must be constructor$/, notAClass],
    ["TypeError", /^derived class constructor must return an object or undefined$/, (frame) => {
      if (frame.caller) frame.at = called(frame.caller.at, frame.caller.callee);
      return "Derived constructors may only return object or undefined";
    }],
    ["TypeError", /^invalid brand on object$/, (frame) => {
      const { nodes } = load("tree");
      const member = nodes().filter((node) =>
        node.type === "Member" && node.isPrivate && node.end > frame.at
      ).sort((a, b) => a.start - b.start)[0];
      const owner = member && nodes().filter((node) =>
        node.type === "Class" && node.start < member.start && member.end < node.end
      ).at(0);
      if (member) frame.at = member.end - member.name.length;
      return `Receiver must be an instance of class ${owner?.name || "anonymous"}`;
    }],
    [
      "TypeError",
      /^operand 'prototype' property is not an object$/,
      operator("Function has non-object prototype 'undefined' in instanceof check"),
    ],
    [
      "TypeError",
      /^Property description must be an object$/,
      (frame, _, native) => `Property description must be an object: ${argumentShown(frame, native, 2)}`,
    ],
    [
      "TypeError",
      /^property is not configurable$/,
      (frame, _, native) => native ? `Cannot redefine property: ${argumentShown(frame, native, 1)}` : undefined,
    ],
    ["TypeError", /^(Getter|Setter) must be a function$/, (frame, [kind], native) => {
      frame.at = called(frame.at, native);
      const { callAt, valueOf, property: part, shown, unknown: none } = load("tree");
      const given = valueOf(callAt(frame.at)?.list[2]),
        value = given === none ? none : part(given, kind === "Getter" ? "get" : "set");
      return value === none ? undefined : `${kind} must be a function: ${shown(value)}`;
    }],
    ["TypeError", /^(Invalid property descriptor\. Cannot both .*)$/, (frame, [words], native) => {
      frame.at = called(frame.at, native);
      return `${words}, #<Object>`;
    }],
    ["TypeError", /^circular prototype chain$/, plain("Cyclic __proto__ value")],
    ["TypeError", /^revoked proxy$/, () => "Cannot perform 'get' on a proxy that has been revoked"],
    ["TypeError", /^invalid target$/, plain("WeakRef: invalid target")],
    ["RangeError", /^out of bound$/, plainNative(() => "Offset is outside the bounds of the DataView")],
    ["RangeError", /^BigInt negative exponent$/, operator("Exponent must be non-negative")],
    ["RangeError", /^invalid array index: (.*)$/, (frame, [index], native) => {
      frame.at = called(frame.at, native) + native.length;
      return `Invalid index : ${index}`;
    }],
    ["TypeError", /^cannot convert symbol to (string|number)$/, (frame, [kind], native) => {
      frame.at = native ? called(frame.at, native) : operated(frame.at);
      return `Cannot convert a Symbol value to a ${kind}`;
    }],
    ["TypeError", /^(?:cannot convert BigInt to number|Cannot mix BigInt.*)$/, (frame, _, native) => {
      frame.at = native ? called(frame.at, native) : operated(frame.at);
      return native
        ? "Cannot convert a BigInt value to a number"
        : "Cannot mix BigInt and other types, use explicit conversions";
    }],
    ["TypeError", /^BigInt are forbidden in JSON\.stringify$/, plain("Do not know how to serialize a BigInt")],
    ["TypeError", /^invalid 'in' operand$/, operator(inWords)],
    [
      "TypeError",
      /^invalid 'instanceof' right operand$/,
      operator((frame) => {
        const i = operatorAt(frame.at + 1), value = valueOf(i + 1, chainEnd(i + 1));
        return `Right-hand side of 'instanceof' is not ${
          value === unknown || (value !== null && typeof value === "object") ? "callable" : "an object"
        }`;
      }),
    ],
    ["TypeError", /^private class field '(.*)' does not exist$/, (frame, [name]) => {
      const { nodes } = load("tree");
      const write = nodes().find((node) =>
        (node.type === "Assignment" || node.type === "Update") && node.operator === "=" && node.left.isPrivate &&
        node.left.name === name && node.left.end > frame.at && inFunction(node.start) === inFunction(frame.at)
      );
      const i = tokenAt(frame.at);
      if (
        write &&
        !nodes().some((node) =>
          node.type === "Member" && node.isPrivate && node.name === name && node.end > frame.at &&
          node.end < write.left.end
        )
      ) {
        frame.at = write.place;
        return `Cannot write private member ${name} to an object whose class did not declare it`;
      }
      for (let j = i; j < i + 12; j++) {
        if (texts[j] === name) {
          frame.at = begins[j];
          break;
        }
      }
      return `Cannot read private member ${name} from an object whose class did not declare it`;
    }],
    ["TypeError", /^object is not extensible$/, (frame, _, native) => {
      if (!native) return property(frame, (name) => `Cannot add property ${name}, object is not extensible`);
      frame.at = called(frame.at, native);
      const { callAt, valueOf } = load("tree"), call = callAt(frame.at);
      if (native === "defineProperty") {
        return `Cannot define property ${argumentShown(frame, native, 1)}, object is not extensible`;
      }
      if (native === "setPrototypeOf") return "#<Object> is not extensible";
      const list = valueOf(call?.callee.object);
      return `Cannot add property ${Array.isArray(list) ? list.length : 0}, object is not extensible`;
    }],
    ["TypeError", /^no setter for property$/, (frame) => {
      const found = writing(frame);
      if (found && keyOf(found.member) !== null) {
        frame.at = found.at;
        return `Cannot set property ${keyOf(found.member)} of ${ownerShown(found.member)} which has only a getter`;
      }
      return property(frame, (name) => `Cannot set property ${name} of #<Object> which has only a getter`);
    }],
    ["TypeError", /^could not delete property$/, (frame, _, native) => {
      if (native) {
        frame.at = called(frame.at, native);
        const { callAt, valueOf } = load("tree"), list = valueOf(callAt(frame.at)?.callee?.object);
        return Array.isArray(list)
          ? `Cannot delete property '${list.length - 1}' of [object Array]`
          : "Cannot delete property '0' of [object Array]";
      }
      const end = chainEnd(tokenAt(frame.at)), i = tokenAt(frame.at);
      return place(
        frame,
        texts[i - 1] === "delete" ? i - 1 : i,
        `Cannot delete property '${texts[end - 1]}' of #<Object>`,
      );
    }],
    [
      "TypeError",
      /^not a object$/,
      (frame, _, native) =>
        native === "apply"
          ? (frame.at = called(frame.at, native), "CreateListFromArrayLike called on non-object")
          : `${firstArgument(frame, native)} is not a constructor`,
    ],
    ["TypeError", /^not an object$/, (frame, _, native) => {
      if (!native) return unwritable(frame);
      frame.at = called(frame.at, native);
      const { callAt } = load("tree"), owner = callAt(frame.at)?.callee.object?.name;
      if (owner === "Reflect") return `Reflect.${native} called on non-object`;
      if (native === "setPrototypeOf") {
        return /^(?:null|undefined)$/.test(firstArgument(frame, native))
          ? "Object.setPrototypeOf called on null or undefined"
          : `Object prototype may only be an Object or null: ${argumentShown(frame, native, 1)}`;
      }
      if (native === "resolve" || native === "reject") return `PromiseResolve called on non-object`;
      if (/^(?:fromEntries|Map|WeakMap)$/.test(native)) {
        return `Iterator value ${firstPlain(frame, native)} is not an entry object`;
      }
      if (native === "Proxy") return "Cannot create proxy with a non-object as target or handler";
      if (native === "ownKeys") return "Reflect.ownKeys called on non-object";
      return /^define/.test(native) ? `Object.${native} called on non-object` : undefined;
    }],
    ["TypeError", /^empty array$/, plain("Reduce of empty array with no initial value")],
    ["TypeError", /^regexp must have the 'g' flag$/, (frame, _, native) => {
      frame.at = called(frame.at, native);
      return `String.prototype.${native} called with a non-global RegExp argument`;
    }],
    [
      "RangeError",
      /^invalid repeat count$/,
      (frame, _, native) => `Invalid count value: ${firstArgument(frame, native)}`,
    ],
    ["RangeError", /^invalid array length$/, (frame, _, native) => {
      const found = native ? null : writing(frame, (member) => keyOf(member) === "length");
      if (found) frame.at = found.at;
      else if (native) frame.at = called(frame.at, native);
      return native === "set" ? "offset is out of bounds" : "Invalid array length";
    }],
    ["RangeError", /^invalid number of digits$/, (frame, _, native) => {
      frame.at = called(frame.at, native);
      return native === "toPrecision"
        ? "toPrecision() argument must be between 1 and 100"
        : `${native}() digits argument must be between 0 and 100`.replace("toExponential() digits", "toExponential()");
    }],
    ["RangeError", /^Date value is NaN$/, plain("Invalid time value")],
    ["RangeError", /^invalid string length$/, plain("Invalid string length")],
    ["RangeError", /^bad normalization form$/, plain("The normalization form should be one of NFC, NFD, NFKC, NFKD.")],
    ["RangeError", /^BigInt division by zero$/, operator("Division by zero")],
    ["TypeError", /^bigint argument with unary \+$/, operator("Cannot convert a BigInt value to a number")],
    [
      "TypeError",
      /^BigInt operands are forbidden for >>>$/,
      operator("BigInts have no unsigned right shift, use >> instead"),
    ],
    ["TypeError", /^toPrimitive$/, (frame, _, native) => {
      frame.at = native ? called(frame.at, native) : operated(frame.at);
      return "Cannot convert object to primitive value";
    }],
    ["TypeError", /^must be called with new$/, (frame, _, native) => {
      frame.at = called(frame.at, native);
      return native === "Promise"
        ? "Promise constructor cannot be invoked without 'new'"
        : `Constructor ${native} requires 'new'`;
    }],
    [
      "TypeError",
      /^regexp not supported$/,
      plainNative((native) => `First argument to String.prototype.${native} must not be a regular expression`),
    ],
    [
      "TypeError",
      /^object prototype may only be an Object or null$/,
      (frame, _, native) => `Object prototype may only be an Object or null: ${firstArgument(frame, native)}`,
    ],
    ["TypeError", /^invalid value used as WeakMap key$/, plainNative(() => "Invalid value used as weak map key")],
    ["TypeError", /^invalid value used as WeakSet key$/, plainNative(() => "Invalid value used in weak set")],
    [
      "TypeError",
      /^cannot convert to BigInt$/,
      (frame, _, native) => `Cannot convert ${firstArgument(frame, native)} to a BigInt`,
    ],
    [
      "RangeError",
      /^cannot convert NaN or Infinity to BigInt$/,
      (frame, _, native) =>
        `The number ${firstArgument(frame, native)} cannot be converted to a BigInt because it is not an integer`,
    ],
    ["RangeError", /^invalid (?:array index|array buffer length)$/, (frame, _, native) => {
      if (native === "ArrayBuffer") return plainNative(() => "Invalid array buffer length")(frame, _, native);
      return /Array$/.test(native) ? `Invalid typed array length: ${firstArgument(frame, native)}` : undefined;
    }],
    ["ReferenceError", /^'this' can be initialized only once$/, () => "Super constructor may only be called once"],
    [
      "RangeError",
      /^cannot convert to BigInt: not an integer$/,
      (frame, _, native) =>
        `The number ${firstArgument(frame, native)} cannot be converted to a BigInt because it is not an integer`,
    ],
    [
      "SyntaxError",
      /^invalid BigInt literal$/,
      (frame, _, native) => `Cannot convert ${firstArgument(frame, native)} to a BigInt`,
    ],
    [
      "URIError",
      /^(?:expecting (?:%|hex digit|surrogate pair)|malformed UTF-8|invalid character)$/,
      plain("URI malformed"),
    ],
    ["RangeError", /^radix must be/, plain("toString() radix must be between 2 and 36")],
    ["SyntaxError", /^(.*)$/s, (frame, [message], native) => {
      const evaluated = native ? null : load("tree").callAt(called(frame.at, ""));
      if (evaluated && /^(?:eval|Function)$/.test(evaluated.callee.name)) return evaluatedWords(evaluated);
      frame.at = called(frame.at, native);
      return /^(?:RegExp|match|matchAll|search)$/.test(native) ? regexWords(frame, message) : undefined;
    }],
  ];

  // Of a text that was handed to eval or Function, when it is plain to see.
  function evaluatedWords({ callee, list }) {
    const { valueOf } = load("tree"), text = list.length ? valueOf(list.at(-1)) : "";
    if (typeof text !== "string") return undefined;
    return load("parser").parse(callee.name === "eval" ? text : `(function anonymous() {\n${text}\n})`).fault?.words;
  }

  // `message` is the engine's. The pattern is known when it is plain to see what it is.
  function regexWords(frame, message) {
    const { callAt, valueOf, unknown: none } = load("tree");
    const [first, second] = callAt(frame.at)?.list ?? [];
    const pattern = first ? valueOf(first) : none, flags = second ? valueOf(second) : "";
    if (/flags/.test(message)) {
      return `Invalid flags supplied to RegExp constructor '${typeof flags === "string" ? flags : ""}'`;
    }
    const why = typeof pattern === "string" && typeof flags === "string"
      ? load("regexes").regexFault(pattern, flags)
      : null;
    if (why) return `Invalid regular expression: /${pattern}/${flags}: ${why}`;
    return `Invalid regular expression: ${typeof pattern === "string" ? `/${pattern}/` : "//"}: ${
      REGEX_WORDS[message] ?? message
    }`;
  }
  const REGEX_WORDS = {
    "expecting ')'": "Unterminated group",
    "nothing to repeat": "Nothing to repeat",
    "unexpected end": "Unterminated character class",
    "expecting ']'": "Unterminated character class",
    "extraneous characters at the end": "Unmatched ')'",
    "invalid repetition count": "numbers out of order in {} quantifier",
    "duplicate group name": "Duplicate capture group name",
    "invalid class range": "Range out of order in character class",
    "invalid group name": "Invalid capture group name",
    "invalid group": "Invalid group",
    "expecting ':'": "Invalid group",
    "unknown unicode property name": "Invalid property name",
    "invalid escape sequence in regular expression": "Invalid escape",
  };

  return { WORDS, calledOnNothing, readOnly, privateWords };
});
