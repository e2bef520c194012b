// Prepares code for the type checker, and maps positions there and back. In the checked text
//   - handler's parameter has the type Webhook;
//   - `const data = webhook.payload.data` is an alias: each use of `data` is written out, so that a later
//     `switch (webhook.eventType)` narrows it too. TypeScript alone does not see that;
//   - `webhook.payload` that is read is the event ($event), also after something was assigned to it in another branch;
//     when it was certainly assigned before, it is the new body ($body, any type);
//   - `webhook.payload.type` is `webhook.eventType`.
import { createSourceFile, forEachChild, isFunctionLike, SyntaxKind as Kind } from "./typescript.js";

const JAVASCRIPT = 1;
const LATEST = 99;

export function rewrite(text) {
  const file = createSourceFile("/code.js", text, LATEST, true, JAVASCRIPT);
  const handler = handlerOf(file);
  const parameter = handler?.parameters[0]?.name;
  if (parameter?.kind !== Kind.Identifier) return { plain: new Mapping(text, []), typed: new Mapping(text, []) };
  const typing = typeParameter(handler, parameter, text);
  const edits = new Rewriter(file, handler, parameter).edits();
  return { plain: new Mapping(text, typing), typed: new Mapping(text, [...typing, ...edits]) };
}

// A text with edits [{from, to, insert}], which do not overlap.
export class Mapping {
  constructor(text, edits) {
    this.edits = edits.toSorted((a, b) => a.from - b.from || a.to - b.to);
    let made = "";
    let at = 0;
    for (const edit of this.edits) {
      made += text.slice(at, edit.from);
      edit.start = made.length;
      made += edit.insert;
      edit.end = made.length;
      at = edit.to;
    }
    this.text = made + text.slice(at);
  }

  // The place in the made text. The end of a replaced word is the end of what replaces it.
  into(position) {
    let shift = 0;
    for (const edit of this.edits) {
      const inserted = edit.from === edit.to;
      if (position < edit.from || (position === edit.from && !(inserted && edit.after))) return position + shift;
      if (!inserted && position <= edit.to) return edit.end;
      shift = edit.end - edit.to;
    }
    return position + shift;
  }

  // Whether a range lies in what was written out for an alias, without its beginning: there it repeats the declaration.
  isWithin(start, end) {
    return this.edits.some((edit) => edit.start < start && end <= edit.end && edit.from < edit.to);
  }

  // The place in the original text; `end` for the end of a range.
  back(position, end = false) {
    let shift = 0;
    for (const edit of this.edits) {
      if (position < edit.start || (position === edit.start && !end)) break;
      if (position <= edit.end && position > edit.start) {
        return position === edit.end ? edit.to : (end ? edit.to : edit.from);
      }
      shift = edit.to - edit.end;
    }
    return position + shift;
  }
}

function handlerOf(file) {
  for (const statement of file.statements) {
    if (statement.kind === Kind.FunctionDeclaration && statement.name?.text === "handler") return statement;
    const found = statement.declarationList?.declarations.find((each) => each.name.text === "handler")?.initializer;
    if (found && isFunctionLike(found)) return found;
  }
}

function typeParameter(handler, parameter, text) {
  const from = parameter.getStart();
  const bare = handler.kind === Kind.ArrowFunction && text[from - 1] !== "(" &&
    !text.slice(0, from).trimEnd().endsWith("(");
  const edits = [{ from, to: from, insert: bare ? "(/** @type {Webhook} */" : "/** @type {Webhook} */", after: true }];
  if (bare) edits.push({ from: parameter.end, to: parameter.end, insert: ")" });
  return edits;
}

class Rewriter {
  constructor(file, handler, parameter) {
    this.names = new Names(file);
    this.handler = handler;
    this.parameter = parameter;
    this.reassigned = new Set();
    this.assignments = [];
    this.aliases = new Map(); // by declaring identifier: what it stands for
    this.made = [];
  }

  edits() {
    this.observe(this.handler);
    if (this.reassigned.has(this.parameter)) return [];
    this.aliases.set(this.parameter, "webhook");
    this.root = this.parameter.text;
    this.visit(this.handler.body);
    return this.made;
  }

  // What is assigned to, before anything is decided.
  observe(node) {
    const target = targetOf(node);
    if (target?.kind === Kind.Identifier) this.reassigned.add(this.names.declaration(target));
    if (target?.kind === Kind.PropertyAccessExpression && target.name.text === "payload") this.assignments.push(node);
    forEachChild(node, (child) => this.observe(child));
  }

  visit(node) {
    if (!node) return;
    if (node.kind === Kind.VariableDeclaration && node.initializer) this.declare(node.name, node.initializer);
    if (node.kind === Kind.PropertyAccessExpression && this.access(node)) return;
    if (node.kind === Kind.Identifier) return this.use(node);
    forEachChild(node, (child) => this.visit(child));
  }

  declare(name, initializer) {
    const path = this.path(initializer);
    if (path) this.bind(name, path);
  }

  bind(name, path) {
    if (name.kind === Kind.Identifier) {
      if (path !== "webhook" && !this.reassigned.has(name)) this.aliases.set(name, path);
      return;
    }
    if (name.kind !== Kind.ObjectBindingPattern) return;
    for (const element of name.elements) {
      const key = element.propertyName ?? element.name;
      if (element.initializer || element.dotDotDotToken || key.kind !== Kind.Identifier) continue;
      this.bind(element.name, extended(path, key.text));
    }
  }

  // "webhook", "webhook.$event.data" and so on for an expression that only reads; nothing for any other.
  path(node) {
    if (node.kind === Kind.ParenthesizedExpression) return this.path(node.expression);
    if (node.kind === Kind.Identifier) return this.aliases.get(this.names.declaration(node));
    if (node.kind !== Kind.PropertyAccessExpression || node.name.kind !== Kind.Identifier) return undefined;
    const inner = this.path(node.expression);
    if (!inner || inner.endsWith("$body")) return undefined;
    if (inner === "webhook" && node.name.text === "payload" && this.wasAssigned(node)) return undefined;
    return extended(inner, node.name.text);
  }

  // Rewrites webhook.payload and webhook.payload.type; says whether it did the whole expression.
  access(node) {
    const target = isTarget(node);
    const inner = this.path(node.expression);
    if (inner === "webhook.$event" && node.name.text === "type" && !target) {
      this.replace(node, `${this.root}.eventType`);
      return true;
    }
    if (inner !== "webhook" || node.name.text !== "payload" || target) return false;
    this.visit(node.expression);
    this.replace(node.name, this.wasAssigned(node) ? "$body" : "$event");
    return true;
  }

  use(node) {
    const parent = node.parent;
    if (isName(node, parent)) return;
    const path = this.aliases.get(this.names.declaration(node));
    if (!path || path === "webhook" || isTarget(node)) return;
    const written = this.root + path.slice("webhook".length);
    if (parent.kind === Kind.ShorthandPropertyAssignment) {
      this.made.push({ from: node.end, to: node.end, insert: `: ${written}` });
    } else this.replace(node, written);
  }

  replace(node, insert) {
    this.made.push({ from: node.getStart(), to: node.end, insert });
  }

  // Whether something was certainly, or on the way here, assigned to webhook.payload: by a statement before this one.
  wasAssigned(node) {
    return this.assignments.some((assignment) => {
      if (assignment.end > node.getStart()) return false;
      for (let at = node; at !== this.handler && at; at = at.parent) {
        const siblings = at.parent?.statements;
        if (!siblings) continue;
        const before = siblings.find((one) => one.pos <= assignment.pos && assignment.end <= one.end && one !== at);
        if (before && before.end <= at.pos) return !leaves(assignment, before);
      }
      return false;
    });
  }
}

function extended(path, name) {
  if (path === "webhook" && name === "payload") return "webhook.$event";
  if (path === "webhook.$event" && name === "type") return "webhook.eventType";
  return `${path}.${name}`;
}

// Whether the block around an assignment, inside a statement, ends by leaving: nothing after it sees the new value.
function leaves(assignment, statement) {
  const jumps = [Kind.ReturnStatement, Kind.ThrowStatement, Kind.BreakStatement, Kind.ContinueStatement];
  for (let at = assignment; at !== statement; at = at.parent) {
    if (isFunctionLike(at)) return true;
    const last = at.parent.statements?.at(-1);
    if (at.parent !== statement.parent && last && jumps.includes(last.kind)) return true;
  }
  return false;
}

const ASSIGNS = (kind) => kind >= Kind.FirstAssignment && kind <= Kind.LastAssignment;

// The expression that a node changes: the left side of an assignment, the operand of ++, -- and delete.
function targetOf(node) {
  if (node.kind === Kind.BinaryExpression && ASSIGNS(node.operatorToken.kind)) return node.left;
  if (node.kind === Kind.PostfixUnaryExpression) return node.operand;
  const increments = [Kind.PlusPlusToken, Kind.MinusMinusToken].includes(node.operator);
  if (node.kind === Kind.PrefixUnaryExpression && increments) return node.operand;
  if (node.kind === Kind.DeleteExpression) return node.expression;
  const loops = node.kind === Kind.ForInStatement || node.kind === Kind.ForOfStatement;
  return loops && node.initializer.kind !== Kind.VariableDeclarationList ? node.initializer : undefined;
}

export const isTarget = (node) => targetOf(node.parent) === node;

// Whether an identifier only names something: a property, a declaration, a label.
function isName(node, parent) {
  if (parent.kind === Kind.PropertyAccessExpression) return parent.name === node;
  if (parent.kind === Kind.ShorthandPropertyAssignment) return false;
  if (parent.kind === Kind.BindingElement) return parent.initializer !== node;
  return parent.name === node || parent.propertyName === node || parent.label === node;
}

// Finds the declaration of a name by its scopes.
class Names {
  constructor(file) {
    this.scopes = new Map();
    this.file = file;
    this.collect(file);
  }

  collect(node) {
    const declares = [Kind.VariableDeclaration, Kind.Parameter, Kind.BindingElement];
    if (declares.includes(node.kind) && node.name.kind === Kind.Identifier) this.add(node.name, scopeOf(node));
    const named = [Kind.FunctionDeclaration, Kind.ClassDeclaration].includes(node.kind) && node.name;
    if (named) this.add(node.name, blockOf(node.parent));
    forEachChild(node, (child) => this.collect(child));
  }

  add(name, scope) {
    if (!this.scopes.has(scope)) this.scopes.set(scope, new Map());
    const known = this.scopes.get(scope);
    // A name that is declared twice in one scope stands for nothing certain.
    known.set(name.text, known.has(name.text) ? undefined : name);
  }

  declaration(identifier) {
    for (let scope = identifier; scope; scope = scope.parent) {
      const known = this.scopes.get(scope);
      if (known?.has(identifier.text)) return known.get(identifier.text);
    }
  }
}

function scopeOf(declaration) {
  let at = declaration.parent;
  while (
    at.kind === Kind.ObjectBindingPattern || at.kind === Kind.ArrayBindingPattern || at.kind === Kind.BindingElement
  ) {
    at = at.parent;
  }
  if (declaration.kind === Kind.Parameter || isFunctionLike(at) || at.kind === Kind.Parameter) {
    return isFunctionLike(at) ? at : at.parent;
  }
  if (at.kind === Kind.VariableDeclaration) at = at.parent;
  if (at.kind === Kind.CatchClause) return at;
  const blocked = at.kind === Kind.VariableDeclarationList && at.flags & 7; // let, const, using
  return blocked ? blockOf(at) : functionOf(at);
}

function blockOf(node) {
  const blocks = [
    Kind.Block,
    Kind.SourceFile,
    Kind.CaseBlock,
    Kind.ForStatement,
    Kind.ForInStatement,
    Kind.ForOfStatement,
  ];
  while (!blocks.includes(node.kind)) node = node.parent;
  return node;
}

function functionOf(node) {
  while (node.kind !== Kind.SourceFile && !isFunctionLike(node)) node = node.parent;
  return node;
}
