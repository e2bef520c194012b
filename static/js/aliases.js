// Finds the sample value of an expression from its syntax alone, without running code. It understands the common
// patterns of transformations:
//   const p = webhook.payload.data;   const { customer, items: [first] } = p;   for (const item of p.items)
//   p.items.map((item) => item.…)     p?.customer ?? {}                         handler(anyName)
// reader(tree, doc, webhook)(node) returns the value, or undefined when it is unknown.
const WITH_ELEMENT = new Set(["map", "filter", "find", "findLast", "some", "every", "forEach", "flatMap", "findIndex"]);
const SAME_LIST = new Set(["filter", "slice", "concat", "reverse", "toReversed", "sort", "toSorted"]);
const ONE_OF_LIST = new Set(["find", "findLast", "at", "pop", "shift"]);
const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunction", "MethodDeclaration"]);
const SCOPES = new Set([...FUNCTIONS, "Block", "ForStatement", "Script"]);
const DEEPEST = 24;

export function reader(tree, doc, webhook) {
  const text = (node) => doc.sliceString(node.from, node.to);
  const definitions = [];
  let depth = 0;

  function read(node) {
    if (!node || depth >= DEEPEST) return undefined;
    depth += 1;
    try {
      return readers[node.name]?.(node);
    } finally {
      depth -= 1;
    }
  }

  const readers = {
    VariableName: (node) => lookUp(text(node), node.from),
    MemberExpression: (node) => member(read(node.firstChild), node),
    ParenthesizedExpression: (node) => read(node.firstChild.nextSibling),
    AwaitExpression: (node) => read(node.lastChild),
    BinaryExpression: (node) => (node.getChild("LogicOp") ? read(node.firstChild) ?? read(node.lastChild) : undefined),
    ConditionalExpression: (node) => read(node.lastChild) ?? read(node.getChildren("LogicOp")[0]?.nextSibling),
    CallExpression: (node) => result(node),
  };

  function member(object, node) {
    if (object === null || typeof object !== "object") return undefined;
    const last = node.lastChild;
    if (last.name === "PropertyName") return object[text(last)];
    const index = last.prevSibling;
    if (index?.name === "String") return object[text(index).slice(1, -1)];
    return Array.isArray(object) ? object[0] : undefined;
  }

  function result(node) {
    const callee = node.firstChild;
    if (callee.name === "VariableName") {
      return text(callee) === "structuredClone" ? read(node.lastChild.firstChild?.nextSibling) : undefined;
    }
    if (callee.name !== "MemberExpression" || callee.lastChild.name !== "PropertyName") return undefined;
    const list = read(callee.firstChild);
    if (!Array.isArray(list)) return undefined;
    const method = text(callee.lastChild);
    if (SAME_LIST.has(method)) return list;
    return ONE_OF_LIST.has(method) ? list[0] : undefined;
  }

  // The definition in the innermost scope around the position; of several in that scope, the last one before it.
  function lookUp(name, at) {
    const seen = definitions.filter((each) =>
      each.name === name && each.from < at && each.scope.from <= at && at <= each.scope.to
    );
    if (!seen.length) return name === "webhook" ? webhook : undefined;
    return seen.reduce((best, each) => (each.scope.from >= best.scope.from ? each : best)).value();
  }

  function bind(pattern, value, scope) {
    if (!pattern) return;
    if (pattern.name === "VariableDefinition") {
      definitions.push({ name: text(pattern), from: pattern.from, scope, value });
    }
    if (pattern.name === "ObjectPattern") {
      for (const property of pattern.getChildren("PatternProperty")) bindProperty(property, value, scope);
    }
    if (pattern.name === "ArrayPattern") {
      const targets = ["VariableDefinition", "ObjectPattern", "ArrayPattern"].flatMap((name) =>
        pattern.getChildren(name)
      );
      for (const target of targets) bind(target, () => value()?.[0], scope);
    }
  }

  function bindProperty(property, value, scope) {
    const key = property.getChild("PropertyName");
    const target = property.getChild("ObjectPattern") ?? property.getChild("ArrayPattern") ??
      property.getChild("VariableDefinition");
    if (property.getChild("Spread")) return bind(target, value, scope);
    bind(target, () => value()?.[text(key ?? target)], scope);
  }

  const collectors = {
    VariableDeclaration(node) {
      for (let equals = node.firstChild; equals; equals = equals.nextSibling) {
        const value = equals.nextSibling;
        if (equals.name === "Equals") bind(equals.prevSibling, () => read(value), scopeOf(node));
      }
    },
    ForOfSpec(node) {
      const list = node.lastChild.name === ")" ? node.lastChild.prevSibling : node.lastChild;
      const target = node.getChild("VariableDefinition") ?? node.getChild("ObjectPattern") ??
        node.getChild("ArrayPattern");
      bind(target, () => read(list)?.[0], node.parent);
    },
    ParamList(node) {
      const owner = node.parent;
      if (!FUNCTIONS.has(owner.name)) return;
      const parameters = [];
      for (let child = node.firstChild; child; child = child.nextSibling) {
        if (/Definition|Pattern/.test(child.name)) parameters.push(child);
      }
      if (nameOf(owner) === "handler") bind(parameters[0], () => webhook, owner);
      else bindCallback(owner, parameters);
    },
  };

  function bindCallback(owner, parameters) {
    const callee = owner.parent?.name === "ArgList" ? owner.parent.parent.firstChild : null;
    if (callee?.name !== "MemberExpression") return;
    const method = text(callee.lastChild);
    const element = () => read(callee.firstChild)?.[0];
    if (WITH_ELEMENT.has(method)) bind(parameters[0], element, owner);
    if (method === "reduce") bind(parameters[1], element, owner);
  }

  function nameOf(owner) {
    const name = owner.getChild("VariableDefinition") ??
      (owner.parent?.name === "VariableDeclaration" && owner.prevSibling?.prevSibling);
    return name ? text(name) : "";
  }

  tree.iterate({ enter: (ref) => collectors[ref.name]?.(ref.node) });
  return read;
}

function scopeOf(node) {
  let scope = node.parent;
  while (scope && !SCOPES.has(scope.name)) scope = scope.parent;
  return scope;
}
