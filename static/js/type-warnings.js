// What the editor warns of, chosen from the type checker's findings: only what is certain enough to be worth a line.
// Each warning is {kind, values, start, end, info?}; type-phrases.js has the sentences. The engine accepts all of this
// code, so nothing here is an error.
import { refusals } from "./type-contract.js";
import { around, expressionOf, isAsked, isPresent, mayBeNothing, parts, shownList, shownText } from "./type-nodes.js";
import { isTarget } from "./type-rewrite.js";
import { forEachChild, isFunctionLike, SyntaxKind as Kind, TypeFlags } from "./typescript.js";

const NULL = new Set([2531, 2532, 2533, 18047, 18048, 18049, 2721, 2722, 2723]);
const UNKNOWN_NAME = new Set([2304, 2552, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 2503, 18004]);
const NO_MODULE = 2307;
const UNKNOWN_FIELD = new Set([2339, 2550, 2551, 2568]);
const NEVER_EQUAL = new Set([2367, 2678]);
const TYPES = "/types.d.ts";

export function warnings(program, file, diagnostics, facts) {
  const look = new Look(program.getTypeChecker(), file, facts);
  const found = diagnostics.map((one) => look.finding(one));
  return [...found, ...look.absentFields(), ...look.unreceived(), ...refusals(look.checker, file, look.set)].filter(
    Boolean,
  );
}

class Look {
  constructor(checker, file, facts) {
    Object.assign(this, { checker, file, facts });
    this.set = new Set(); // names of properties that the code sets
    this.asked = new Set(); // and of those that it asks for, so that it knows that they may be missing
    this.made = new Set(); // names that it assigns to, which makes them global
    const visit = (node) => {
      if (node.kind === Kind.PropertyAccessExpression) {
        if (isTarget(node)) this.set.add(node.name.text);
        if (isAsked(node)) this.asked.add(node.name.text);
      }
      if (node.kind === Kind.Identifier && isTarget(node)) this.made.add(node.text);
      forEachChild(node, visit);
    };
    visit(file);
  }

  finding({ code, start, length }) {
    const node = this.at(start, start + length);
    if (!node) return null;
    const place = { start, end: start + length };
    if (NULL.has(code)) return this.nothing(node, place);
    if (UNKNOWN_NAME.has(code)) return this.unknownName(node, place);
    if (UNKNOWN_FIELD.has(code)) return this.unknownField(node, place);
    if (code === NO_MODULE && node.parent.kind === Kind.CallExpression) {
      return this.unknownName(node.parent.expression, place);
    }
    if (NEVER_EQUAL.has(code)) return this.neverEqual(node);
    return null;
  }

  // The innermost node that covers exactly this range, else the smallest around it.
  at(start, end) {
    let found = this.file;
    const visit = (node) => {
      if (node.getStart() > start || node.end < end) return;
      found = node;
      forEachChild(node, visit);
    };
    forEachChild(this.file, visit);
    return found;
  }

  nothing(node, place) {
    const expression = expressionOf(node);
    if (!mayBeNothing(this.checker, expression) || this.wasGuarded(expression)) return null;
    return { kind: "nothing", values: [shownText(expression)], ...place };
  }

  // In a function within a function, what was asked before it is forgotten by the type checker.
  wasGuarded(expression) {
    const inner = around(expression, isFunctionLike);
    if (!inner || !around(inner.parent, isFunctionLike)) return false;
    const text = expression.getText();
    let found = false;
    const visit = (node) => {
      if (found || node.getStart() > inner.getStart()) return;
      if (node.getText() === text && isAsked(node)) found = true;
      forEachChild(node, visit);
    };
    visit(this.file);
    return found;
  }

  unknownName(node, place) {
    const name = node.getText();
    return name.startsWith("$") || this.made.has(name) || isTypeofOperand(node)
      ? null
      : { kind: "unknownName", values: [name], ...place };
  }

  unknownField(node, place) {
    const access = around(
      node,
      (one) => one.kind === Kind.PropertyAccessExpression || one.kind === Kind.BindingElement,
    );
    if (!access) return null;
    const name = node.getText();
    const owner = access.kind === Kind.BindingElement
      ? this.checker.getTypeAtLocation(access.parent)
      : this.checker.getTypeAtLocation(access.expression);
    const known = this.ownerOf(owner);
    if (!known || (known !== "webhook" && (isTarget(access) || this.set.has(name)))) return null;
    if (known === "variable" && this.asked.has(name)) return null;
    if (parts(this.checker.getNonNullableType(owner)).some((one) => one.getProperty(name))) return null;
    const names = parts(owner).flatMap((one) => one.getProperties().filter((each) => isPresent(this.checker, each)));
    const meant = closest(name, names.map((one) => one.name).filter((one) => !one.startsWith("$")));
    if (known === "webhook" && isTarget(access) && !meant) return null;
    return { kind: known, values: [name, meant ?? ""], ...place };
  }

  // What a field is missing of: "field" of the event, "variable", "webhook", "method" of a built-in; null when what the
  // code made itself is asked, or when an alternative of the type may have the field.
  ownerOf(type) {
    const each = parts(this.checker.getNonNullableType(type));
    if (!each.length || each.some((one) => one.flags & (TypeFlags.Any | TypeFlags.Unknown | TypeFlags.Never))) {
      return null;
    }
    const names = each.map((one) => one.aliasSymbol?.name ?? one.symbol?.name ?? "");
    const files = each.map((one) => this.fileOf(one));
    if (files.some((one) => one === "/code.js" || one === "")) return null;
    if (names.every((one) => one === "WebhookOf")) return "webhook";
    if (names.every((one) => one === "Env")) return "variable";
    return files.every((one) => one === TYPES) ? "field" : "method";
  }

  fileOf(type) {
    const symbol = this.checker.getApparentType(type).symbol;
    return symbol?.declarations?.[0]?.getSourceFile().fileName ?? "";
  }

  neverEqual(node) {
    const comparison = around(node, (one) => one.kind === Kind.BinaryExpression || one.kind === Kind.CaseClause);
    if (!comparison) return null;
    const sides = comparison.kind === Kind.CaseClause
      ? [comparison.parent.parent.expression, comparison.expression]
      : [comparison.left, comparison.right];
    const literal = sides.find((side) =>
      side.kind === Kind.StringLiteral || side.kind === Kind.NoSubstitutionTemplateLiteral
    );
    const other = sides.find((side) => side !== literal);
    if (!literal) return null;
    const type = this.checker.getTypeAtLocation(other);
    if (type.flags & TypeFlags.Never) return null;
    const at = { start: literal.getStart(), end: literal.end };
    if (other.kind === Kind.PropertyAccessExpression && other.name.text === "eventType") {
      return this.eventType(literal.text, at);
    }
    const allowed = parts(type).filter((one) => one.isStringLiteral()).map((one) => one.value);
    if (!allowed.length) return null;
    return { kind: "neverEqual", values: [literal.text, shownText(other), shownList(allowed)], ...at };
  }

  eventType(name, at) {
    if (this.facts.seen.includes(name)) return null; // real events had it, and nothing is known about its fields
    if (this.facts.events.includes(name)) return { kind: "ruledOut", values: [name], ...at };
    return { kind: "eventType", values: [name, closest(name, this.facts.events) ?? ""], ...at };
  }

  // Fields that other event types have, but none of those that are left here. Their type is undefined.
  absentFields() {
    const found = [];
    const visit = (node) => {
      if (node.kind === Kind.PropertyAccessExpression && node.name.kind === Kind.Identifier) {
        const one = this.absentField(node);
        if (one) found.push(one);
      }
      forEachChild(node, visit);
    };
    visit(this.file);
    return found;
  }

  // Whether the code, or the choice of the endpoint's event types, has ruled out some event types.
  isNarrowed(node) {
    while (node.kind === Kind.PropertyAccessExpression) node = node.expression;
    return this.facts.isChosen || parts(this.checker.getTypeAtLocation(node)).length < this.facts.possible;
  }

  // Comparisons with event types that exist, but that the endpoint does not receive.
  unreceived() {
    const found = [];
    const isEventType = (node) => node?.kind === Kind.PropertyAccessExpression && node.name.text === "eventType";
    const visit = (node) => {
      forEachChild(node, visit);
      if (node.kind !== Kind.StringLiteral || !this.facts.events.includes(node.text)) return;
      if (this.facts.subscribed.includes(node.text) || this.facts.seen.includes(node.text)) return;
      const parent = node.parent;
      const compared = parent.kind === Kind.CaseClause
        ? [parent.parent.parent.expression]
        : [parent.left, parent.right];
      if (!compared.some(isEventType)) return;
      found.push({ kind: "notSubscribed", values: [node.text], info: true, start: node.getStart(), end: node.end });
    };
    visit(this.file);
    return found;
  }

  absentField(node) {
    if (isTarget(node) || this.set.has(node.name.text) || isAsked(node)) return null;
    const owner = this.checker.getTypeAtLocation(node.expression);
    if (owner.flags & (TypeFlags.Never | TypeFlags.Any) || !this.isNarrowed(node)) return null;
    const property = this.checker.getNonNullableType(owner).getProperty(node.name.text);
    if (!property || isPresent(this.checker, property)) return null;
    const names = parts(owner).flatMap((one) => one.getProperties().filter((each) => isPresent(this.checker, each)));
    const meant = closest(node.name.text, names.map((one) => one.name));
    return { kind: "field", values: [node.name.text, meant ?? ""], start: node.name.getStart(), end: node.name.end };
  }
}

const isTypeofOperand = (node) => node.parent.kind === Kind.TypeOfExpression;

// The name among these that was probably meant: at most two in five letters differ.
function closest(name, names) {
  let best = null;
  let least = Math.max(1, Math.floor(name.length * 0.4)) + 1;
  for (const one of new Set(names)) {
    if (Math.abs(one.length - name.length) >= least) continue;
    const away = distance(name.toLowerCase(), one.toLowerCase());
    if (away < least) [best, least] = [one, away];
  }
  return best;
}

function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
