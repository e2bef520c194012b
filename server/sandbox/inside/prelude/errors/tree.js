// The user's code as the parser reads it, to find the expression that an error is about and to print it as V8 does.
(function (host) {
  "use strict";
  const { load, given } = host;
  const { code } = load("source");
  const { getOwnPropertyDescriptor, getPrototypeOf, keys } = Object;

  let found = null;
  const nodes = () => (found ??= whole(load("code nodes")));

  // Nodes as `reading.js` writes them: within each, `{ $: index }` stands for another one.
  function whole(list) {
    for (let i = 0; i < list.length; i++) fill(list[i], list);
    return list;
  }
  function fill(value, list) {
    const names = keys(value);
    for (let i = 0; i < names.length; i++) {
      const item = value[names[i]];
      if (item === null || typeof item !== "object") continue;
      if (item.$ === undefined) fill(item, list);
      else value[names[i]] = list[item.$];
    }
  }
  // All nodes of some types, in the order of the whole list.
  const byTypes = new Map();
  function of(types) {
    if (!byTypes.has(types)) byTypes.set(types, nodes().filter((node) => types.includes(node.type)));
    return byTypes.get(types);
  }
  const FUNCTIONS = ["Function"],
    CALLS = ["Call", "New"],
    DECLARATORS = ["Declarator"],
    DECLARED = ["Declarator", "Function", "Class"],
    NAMES = ["Name"];
  const CHANGES = ["Assignment", "Update", "Count"],
    TAKES = ["ForOf", "Array", "Declarator"],
    READS = ["Name", "Function", "Member"];
  const smallest = (list) =>
    list.reduce((best, node) => (best && best.end - best.start <= node.end - node.start ? best : node), null);

  // The call whose callee was no function. The engine points at the last name that it read before it called, which may
  // belong to several: the smallest one that is not known to be fine.
  function failedCall(offset) {
    while (/\s/.test(code[offset] ?? "")) offset++; // the engine may point before a name
    const inside = of(CALLS).filter((node) => node.start <= offset && offset < node.end);
    const body = smallest(of(FUNCTIONS).filter((node) => node.start < offset && offset < node.end));
    return among(inside, body, offset) ?? among(inside, null, offset);
  }
  function among(inside, body, offset) {
    const calls = inside.filter((node) => !body || node.start > body.start).sort((a, b) =>
      a.end - a.start - (b.end - b.start)
    );
    let first = null, last = null;
    for (const call of calls) {
      if (last && readsLater(call, last, offset)) break;
      last = call;
      const value = valueOf(call.callee);
      if (value !== unknown && typeof value !== "function") return call;
      if (value === unknown) first ??= call;
    }
    return first ?? last;
  }
  // Whether what the call gives is looped over, spread or taken apart at once.
  const isIterated = (call) =>
    of(TAKES).some((node) =>
      (node.type === "ForOf" && node.isOf && node.over === call) || (node.type === "Array" && node.list.some((each) =>
        each?.type === "Spread" && each.operand === call
      )) ||
      (node.type === "Declarator" && node.left.type === "Array" && node.right === call)
    );
  // Whether the engine would point behind the offset for the outer call.
  const readsLater = (outer, inner, offset) =>
    of(READS).some(({ type, start, place }) => {
      const at = type === "Member" ? place : start;
      return at > offset && at >= inner.end && at < outer.end;
    });

  // The call or `new` that V8 places at the offset; of several, the first.
  const callAt = (offset) => of(CALLS).find((node) => node.place === offset) ?? null;

  const unknown = {};
  const TRUE_TYPES = { null: null, true: true, false: false };

  // The value of an expression as far as it is plain to see: literals, constants made of them, and what is read from
  // the webhook. Runs nothing of the user's.
  // `env` are names whose values are known otherwise: `[[name, value], …]`.
  function valueOf(node, depth = 0, env = []) {
    if (!node || depth > 20) return unknown;
    const of = (each) => valueOf(each, depth + 1, env);
    switch (node.type) {
      case "Literal":
        if (node.kind === "string") return node.isEscaped ? unescaped(node.value) : node.value;
        if (node.kind === "number") {
          return /n$/.test(node.value) && !/^0x/i.test(node.value)
            ? BigInt(node.value.slice(0, -1).replaceAll("_", ""))
            : Number(node.value.replaceAll("_", ""));
        }
        return TRUE_TYPES[node.kind];
      case "Name": {
        const bound = env.findLast(([name]) => name === node.name);
        return bound ? bound[1] : named(node, depth);
      }
      case "Await":
        return of(node.operand);
      case "Call":
        return returned(node, of, depth);
      case "Function":
      case "Class":
        return valueOf; // any function
      case "Object":
      case "Array": {
        const made = node.type === "Array" ? [] : {};
        for (const [i, each] of node.list.entries()) {
          if (!each || each.type === "Spread" || each.kind === "spread" || each.isComputed) return unknown;
          made[node.type === "Array" ? i : each.name] = node.type === "Array" ? of(each) : of(each.value);
        }
        return made;
      }
      case "Regex":
        return /x/;
      case "Member": {
        const object = of(node.object), key = node.key ? of(node.key) : node.name;
        if (object === unknown || key === unknown || object === null || object === undefined || node.isPrivate) {
          return unknown;
        }
        return property(
          object,
          typeof key === "symbol" ? key : String(key),
          object === given.webhook || isOfWebhook(node),
        );
      }
      case "Unary": {
        const value = of(node.operand);
        if (value === unknown || (typeof value === "object" && value !== null)) {
          return node.operator === "!" && value !== unknown ? false : unknown;
        }
        if (node.operator === "-") return typeof value === "symbol" ? unknown : -value;
        return node.operator === "!"
          ? !value
          : node.operator === "typeof"
          ? typeof value
          : node.operator === "void"
          ? undefined
          : unknown;
      }
      case "Binary": {
        const left = of(node.left);
        if (left === unknown) return unknown;
        if (node.operator === "||") return left ? left : of(node.right);
        if (node.operator === "&&") return left ? of(node.right) : left;
        if (node.operator === "??") return left ?? of(node.right);
        const right = of(node.right), isPlain = (value) => /^(?:string|number|boolean|undefined)$/.test(typeof value);
        if (right === unknown || !isPlain(left) || !isPlain(right)) return unknown;
        switch (node.operator) {
          case "+":
            return left + right;
          case "-":
            return left - right;
          case "*":
            return left * right;
          case "/":
            return left / right;
          case "%":
            return left % right;
        }
        return unknown;
      }
      case "Conditional": {
        const test = of(node.test);
        return test === unknown ? unknown : of(test ? node.left : node.right);
      }
      case "Template": {
        let text = "", at = node.start + 1;
        for (const part of node.parts) {
          const value = of(part);
          if (value === unknown || (typeof value === "object" && value !== null) || typeof value === "symbol") {
            return unknown;
          }
          text += code.slice(at, code.lastIndexOf("${", part.start)) + String(value);
          at = code.indexOf("}", part.end) + 1;
        }
        text += code.slice(at, node.end - 1);
        return text.includes("\\") ? unknown : text;
      }
    }
    return unknown;
  }

  // What some methods of the language give, and functions that are one expression without parameters.
  function returned(call, of, depth) {
    const { callee, list } = call;
    if (list.some((each) => each?.type === "Spread")) return unknown;
    if (callee.type === "Name" || callee.type === "Function") {
      const made = callee.type === "Function"
        ? [callee]
        : nodes().filter((node) => node.type === "Declarator" && node.left.name === callee.name).map((node) =>
          node.right
        );
      return made.length === 1 && made[0]?.type === "Function" && made[0].expression && !made[0].parameters.length
        ? valueOf(made[0].expression, depth + 1)
        : unknown;
    }
    if (callee.type !== "Member" || !callee.name) return unknown;
    const first = list.length ? of(list[0]) : undefined;
    if (first === unknown) return unknown;
    if (
      callee.object.type === "Name" && callee.object.name === "Object" &&
      /^(?:freeze|seal|preventExtensions)$/.test(callee.name)
    ) return first;
    if (
      callee.object.type === "Name" && callee.object.name === "Object" && first !== null && typeof first === "object"
    ) {
      const names = Object.keys(first);
      switch (callee.name) {
        case "keys":
          return names;
        case "values":
          return names.map((name) => property(first, name));
        case "entries":
          return names.map((name) => [name, property(first, name)]);
      }
      return unknown;
    }
    if (
      callee.object.type === "Name" && callee.object.name === "JSON" && callee.name === "parse" &&
      typeof first === "string"
    ) return parsed(first);
    if (callee.name === "match" && list[0]?.type === "Regex") {
      const text = of(callee.object), regex = /^\/([^]*)\/([a-z]*)$/.exec(list[0].text);
      return typeof text === "string" && regex ? text.match(new RegExp(regex[1], regex[2])) : unknown;
    }
    const from = callee.name === "concat" ? of(callee.object) : unknown;
    return Array.isArray(from) ? from.concat(first) : unknown;
  }
  function parsed(text) {
    try {
      return host.parse(text);
    } catch {
      return unknown;
    }
  }

  function unescaped(text) {
    try {
      return host.parse(`"${text.replaceAll('"', '\\"').replace(/\\'/g, "'")}"`);
    } catch {
      return unknown;
    }
  }

  function property(object, key, isPlain = false) {
    for (let at = Object(object); at; at = getPrototypeOf(at)) {
      if (typeof at !== "function" && !isPlain && isProxy(at)) return unknown;
      const own = getOwnPropertyDescriptor(at, key);
      if (own) return "value" in own ? own.value : unknown;
    }
    return undefined;
  }
  function isOfWebhook(node) {
    while (node.type === "Member") node = node.object;
    return node.type === "Name" && named(node, 0) === given.webhook;
  }
  // A proxy would run the user's code; there is none where the code has no such word.
  const isProxy = () => code.includes("Proxy");

  // The function around a node, or around an offset; null for none.
  const homes = new Map();
  function around(node) {
    if (!homes.has(node)) {
      homes.set(
        node,
        smallest(of(FUNCTIONS).filter((fn) => fn.start <= node.start && node.end <= fn.end && fn !== node)),
      );
    }
    return homes.get(node);
  }
  function functionAt(at, isFrom = false) {
    return smallest(of(FUNCTIONS).filter((fn) => fn.start < at + Number(isFrom) && at < fn.end));
  }
  function named(use, depth) {
    const { name } = use;
    if (name === "undefined") return undefined;
    const isUsed = (node) => node && node.start <= use.start && use.end <= node.end;
    const declares = (node) => (node.type === "Declarator" ? node.left.name : node.name) === name;
    for (let scope = around(use);; scope = around(scope)) {
      const own = of(DECLARED).filter((node) => declares(node) && around(node) === scope);
      if (own.length > 1) return unknown;
      if (own.length === 1) {
        if (own[0].type !== "Declarator") return valueOf;
        return own[0].right && !isChanged(name, scope) ? valueOf(own[0].right, depth + 1) : unknown;
      }
      if (!scope) break;
      const list = scope.parameters ?? [];
      if (list.some((each) => each.name === name || each.left?.name === name)) {
        return isHandler(scope) && list[0]?.name === name && isUsed(scope) ? given.webhook ?? unknown : unknown;
      }
      if (
        list.some((each) =>
          each.type !== "Name" && each.start <= scope.end && code.slice(each.start, each.end).includes(name)
        )
      ) return unknown;
    }
    if (of(NAMES).some((node) => node.name === name && isBound(node)) || isChanged(name, null)) return unknown;
    const own = getOwnPropertyDescriptor(globalThis, name);
    return own && "value" in own && name !== "handler" ? own.value : unknown;
  }
  const isChanged = (name, scope) =>
    of(CHANGES).some((node) =>
      (!scope || (scope.start <= node.start && node.end <= scope.end)) &&
      (node.type === "Count" ? node.operand.name === name : node.left.type === "Name" && node.left.name === name)
    );
  // Names in patterns, such as `const { a } = …`.
  const isBound = (name) =>
    of(DECLARATORS).some((node) =>
      node.left.type !== "Name" && node.left.start <= name.start && name.end <= node.left.end
    );
  function isHandler(fn) {
    return fn.name === "handler" || of(DECLARATORS).some((node) => node.left.name === "handler" && node.right === fn);
  }

  // As V8 prints it in its messages.
  // `isLooped`: V8 leaves out the brackets of calls in what was looped over.
  function print(node, isLooped = false) {
    const own = printed(node, (each) => print(each, isLooped), isLooped);
    return own === "" ? "(intermediate value)" : own;
  }
  function printed(node, print, isLooped) {
    switch (node.type) {
      case "Literal":
        return node.kind === "string"
          ? `"${node.isEscaped ? String(unescaped(node.value)) : node.value}"`
          : node.kind !== "number"
          ? node.kind
          : /n$/.test(node.value) && !/^0x/i.test(node.value)
          ? ""
          : String(valueOf(node));
      case "Name":
        return node.name;
      case "This":
        return "this";
      case "Regex":
        return node.text;
      case "Member": {
        const key = node.key, dot = node.isOptional ? "?." : ".";
        if (!key) return print(node.object) + dot + node.name;
        if (key.type === "Literal" && key.kind === "string") return print(node.object) + dot + key.value;
        if (key.type === "Template" && !key.parts.length) {
          return `${print(node.object)}${dot}${code.slice(key.start + 1, key.end - 1)}`;
        }
        const sum = valueOf(key), isFolded = key.type === "Binary" && typeof sum === "number" && isAllNumbers(key);
        return `${print(node.object)}${node.isOptional ? "?." : ""}[${isFolded ? sum : print(key)}]`;
      }
      case "Call":
        return `${print(node.callee)}${isLooped ? "" : "(...)"}`;
      case "Array":
        return `[${node.list.map((each) => (each ? print(each) : "")).join(",")}]`;
      case "Object":
        return `{${node.list.map(() => "(intermediate value)").join("")}}`;
      case "Unary":
        if (node.operator === "-" && node.operand.kind === "number") return String(valueOf(node));
        return `(${node.operator}${/^\w/.test(node.operator) ? " " : ""}${print(node.operand)})`;
      case "Count":
        return node.isPrefix ? `(${node.operator}${print(node.operand)})` : `(${print(node.operand)}${node.operator})`;
      case "Binary": {
        const folded = valueOf(node);
        return typeof folded === "number" && isAllNumbers(node)
          ? String(folded)
          : `(${print(node.left)} ${node.operator} ${print(node.right)})`;
      }
      case "Comma":
        return `(${node.list.map(print).join(" , ")})`;
      case "Spread":
        return `(...${print(node.operand)})`;
      case "Conditional":
        return "(intermediate value)".repeat(3);
      case "Template":
        return node.parts.length ? node.parts.map(print).join("") : `"${code.slice(node.start + 1, node.end - 1)}"`;
    }
    return "";
  }
  const isAllNumbers = (
    node,
  ) => (node.type === "Binary"
    ? isAllNumbers(node.left) && isAllNumbers(node.right)
    : node.type === "Literal" && node.kind === "number");

  // A value as V8 shows it: `shown(value, node)`, where the node tells the class of what `new` made.
  function shown(value, node) {
    if (node?.type === "New" && node.callee.type === "Name") {
      return /^(?:Date|RegExp|Array|Error|\w+Error|Number|String|Boolean)$/.test(node.callee.name)
        ? `[object ${node.callee.name}]`
        : `#<${node.callee.name}>`;
    }
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return String(value);
    if (Array.isArray(value)) return "[object Array]";
    return value instanceof RegExp ? "[object RegExp]" : value instanceof Date ? "[object Date]" : "#<Object>";
  }

  return {
    nodes,
    around,
    functionAt,
    property,
    failedCall,
    isIterated,
    callAt,
    unknown,
    valueOf,
    print,
    shown,
    smallest,
  };
});
