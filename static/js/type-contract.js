// Compares what the code assigns to webhook.payload with what the destination accepts. Only what is written as a
// literal is judged, and only values that certainly do not fit: a text that is not known may be one of those allowed.
import { mayBeNothing, parts, shownList } from "./type-nodes.js";
import { forEachChild, SyntaxKind as Kind, TypeFlags } from "./typescript.js";

const NOTHING = TypeFlags.Null | TypeFlags.Undefined;
const UNKNOWN = TypeFlags.Any | TypeFlags.Unknown;
const TEXT = 1 << 27 | TypeFlags.String | TypeFlags.StringLiteral | TypeFlags.TemplateLiteral;
const DISCRIMINATING = 10;

// added: names of properties that the code sets somewhere.
export function refusals(checker, file, added) {
  const judge = new Judge(checker, added);
  const found = [];
  const visit = (node) => {
    const assigned = node.kind === Kind.BinaryExpression && node.operatorToken.kind === Kind.EqualsToken;
    const property = assigned && node.left.kind === Kind.PropertyAccessExpression ? node.left.name.text : "";
    if (property === "payload" || property === "method") {
      const target = judge.accepted(node.left);
      if (target) found.push(...judge.problems(judge.source(node.right), target, property));
    }
    forEachChild(node, visit);
  };
  visit(file);
  return found.map(({ kind, values, node, start, end }) => ({
    kind,
    values,
    start: start ?? node.getStart(),
    end: end ?? node.end,
  }));
}

class Judge {
  constructor(checker, added) {
    this.checker = checker;
    this.added = added;
    this.partial = new Set();
  }

  // The type that may be assigned; null when the object is not a webhook.
  accepted(target) {
    const owner = this.checker.getTypeAtLocation(target.expression);
    const webhook = parts(owner)[0];
    if (webhook?.symbol?.name !== "WebhookOf") return null;
    const type = this.checker.getTypeAtLocation(target);
    return parts(type).some((one) => one.flags & UNKNOWN) ? null : type;
  }

  // `const body = {…}; webhook.payload = body` is judged where the body is written; what is added later is not missing.
  source(node) {
    node = bare(node);
    if (node.kind !== Kind.Identifier) return node;
    const declaration = this.checker.getSymbolAtLocation(node)?.valueDeclaration;
    const literal = declaration?.kind === Kind.VariableDeclaration && declaration.parent.flags & 2 &&
      declaration.initializer;
    if (!literal || bare(literal).kind !== Kind.ObjectLiteralExpression) return node;
    this.partial.add(bare(literal));
    return bare(literal);
  }

  // What certainly does not fit: [{kind, values, node, weight}].
  problems(node, target, name) {
    node = bare(node);
    if (parts(target).some((one) => one.flags & UNKNOWN)) return [];
    if (node.kind === Kind.ConditionalExpression) {
      return [...this.problems(node.whenTrue, target, name), ...this.problems(node.whenFalse, target, name)];
    }
    if (node.kind === Kind.ObjectLiteralExpression) return this.ofObject(node, target, name);
    if (node.kind === Kind.ArrayLiteralExpression) return this.ofArray(node, target, name);
    return this.ofValue(node, target, name);
  }

  ofObject(node, target, name) {
    const kinds = parts(target).filter((one) => one.flags & TypeFlags.Object && !this.elementOf(one));
    if (!kinds.length) return [this.refused(node, target, name)];
    const tried = kinds.map((kind) => this.asKind(node, kind));
    const weight = (problems) => problems.reduce((sum, one) => sum + one.weight, 0);
    const least = Math.min(...tried.map(weight));
    const best = tried.filter((problems) => weight(problems) === least);
    // A value that another kind allows is not wrong for certain, when nothing tells the kinds apart.
    const possible = tried.filter((problems) => weight(problems) < DISCRIMINATING);
    const sure = (problem) =>
      problem.kind !== "value" || possible.every((one) => one.some((other) => other.node === problem.node));
    return best[0].filter(sure).map((problem) => merged(problem, best));
  }

  asKind(node, kind) {
    const found = [];
    const given = new Set();
    let whole = !this.partial.has(node);
    for (const property of node.properties) {
      const name = property.name && nameOf(property.name);
      if (name === undefined) whole = false;
      else given.add(name);
      const value = property.kind === Kind.PropertyAssignment ? property.initializer : property.name;
      if (name === undefined || property.kind === Kind.MethodDeclaration) continue;
      found.push(...this.ofProperty(property, name, value, kind));
    }
    if (!whole) return found;
    for (const wanted of kind.getProperties()) {
      if (given.has(wanted.name) || this.added.has(wanted.name) || wanted.flags & 16777216) continue; // optional
      const at = node.getStart();
      found.push({ kind: "missing", values: [wanted.name], node, start: at, end: at + 1, weight: 1 });
    }
    return found;
  }

  ofProperty(property, name, value, kind) {
    const wanted = kind.getProperty(name);
    const type = wanted ? this.checker.getTypeOfSymbol(wanted) : this.checker.getIndexInfosOfType(kind)[0]?.type;
    const given = this.checker.getTypeAtLocation(value);
    if (!type || parts(type).every((one) => one.flags & (TypeFlags.Never | TypeFlags.Undefined))) {
      if (parts(given).every((one) => one.flags & TypeFlags.Undefined)) return [];
      return [{ kind: "excess", values: [name], node: property.name, weight: 2 }];
    }
    return this.problems(value, type, name).map((one) => {
      const tells = one.kind === "value" && parts(type).length && parts(type).every((each) => each.isStringLiteral());
      return tells && one.node === bare(value) && isTelling(name) ? { ...one, weight: DISCRIMINATING } : one;
    });
  }

  ofArray(node, target, name) {
    const elements = parts(target).map((one) => this.elementOf(one)).filter(Boolean);
    if (!elements.length) return [this.refused(node, target, name)];
    if (elements.length > 1) return [];
    return node.elements.filter((one) => one.kind !== Kind.SpreadElement && one.kind !== Kind.OmittedExpression)
      .flatMap((one) => this.problems(one, elements[0], name));
  }

  elementOf(type) {
    return type.symbol?.name === "Array" ? this.checker.getTypeArguments(type)[0] : undefined;
  }

  ofValue(node, target, name) {
    const type = this.checker.getTypeAtLocation(node);
    const given = parts(type);
    if (given.some((one) => one.flags & (UNKNOWN | TypeFlags.Never))) return [];
    const unfit = given.filter((one) => !this.mayFit(one, target));
    if (!unfit.length) return [];
    const nothing = unfit.every((one) => one.flags & NOTHING);
    if (nothing && (unfit.length < given.length || node.kind !== Kind.NullKeyword)) {
      if (node.kind !== Kind.PropertyAccessExpression || !mayBeNothing(this.checker, node)) return [];
      return [{ kind: "maybeNull", values: [name], node, weight: 1 }];
    }
    if (unfit.length < given.length && !unfit.some((one) => one.isStringLiteral())) return [];
    const value = unfit.find((one) => one.isStringLiteral());
    return [this.refused(node, target, name, value && JSON.stringify(value.value))];
  }

  mayFit(given, target) {
    if (this.checker.isTypeAssignableTo(given, target)) return true;
    const wanted = parts(target);
    // undefined is left out of JSON; a required field is then missing.
    if (given.flags & TypeFlags.Undefined) return wanted.some((one) => one.flags & TypeFlags.Undefined);
    if (given.flags & TypeFlags.String) return wanted.some((one) => one.flags & TEXT);
    if (given.flags & TypeFlags.Number) {
      return wanted.some((one) => one.flags & (TypeFlags.Number | TypeFlags.NumberLiteral));
    }
    if (given.flags & TypeFlags.Boolean || given.flags & TypeFlags.BooleanLiteral) {
      return wanted.some((one) => one.flags & (TypeFlags.Boolean | TypeFlags.BooleanLiteral)) &&
        !(given.flags & TypeFlags.BooleanLiteral);
    }
    if (!(given.flags & TypeFlags.Object)) return false;
    if (given.getProperty("toJSON")) return true;
    const array = this.checker.isArrayLikeType(given);
    return wanted.some((one) => one.flags & TypeFlags.Object && Boolean(this.elementOf(one)) === array);
  }

  refused(node, target, name, value) {
    const texts = parts(target).filter((one) => one.isStringLiteral()).map((one) => one.value);
    const shown = value ?? (node.kind === Kind.StringLiteral ? JSON.stringify(node.text) : "");
    const wanted = texts.length ? shownList(texts) : this.kinds(target);
    return { kind: texts.length && shown ? "value" : "kind", values: [name, shown, wanted], texts, node, weight: 1 };
  }

  // "string", "number" and so on; object and array for everything else.
  kinds(target) {
    const names = parts(target).filter((one) => !(one.flags & TypeFlags.Undefined)).map((one) => {
      if (one.flags & TypeFlags.Object) return this.elementOf(one) ? "array" : "object";
      return one.flags & (TypeFlags.BooleanLiteral | TypeFlags.Boolean) ? "boolean" : this.checker.typeToString(one);
    });
    return [...new Set(names)].join(", ");
  }
}

// Words by which destinations tell the kinds of a body apart.
const isTelling = (name) => name === "type" || name === "kind";

// A problem that all of the best kinds have in the same place allows what any of them allows.
function merged(problem, best) {
  const same = best.map((problems) => problems.find((one) => one.node === problem.node && one.kind === problem.kind));
  if (!problem.texts?.length || same.some((one) => !one)) return problem;
  const texts = [...new Set(same.flatMap((one) => one.texts))];
  return { ...problem, texts, values: [problem.values[0], problem.values[1], shownList(texts)] };
}

function bare(node) {
  while (node.kind === Kind.ParenthesizedExpression) node = node.expression;
  return node;
}

function nameOf(name) {
  return [Kind.Identifier, Kind.StringLiteral, Kind.NumericLiteral].includes(name.kind) ? name.text : undefined;
}
