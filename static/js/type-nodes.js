// Questions about nodes and types that the warnings share.
import { SyntaxKind as Kind, TypeFlags } from "./typescript.js";

const NOTHING = TypeFlags.Null | TypeFlags.Undefined | TypeFlags.Void;

export const parts = (type) => type.isUnion() ? type.types : [type];
export const shownList = (texts) => texts.map((text) => JSON.stringify(text)).join(", ");

export function expressionOf(node) {
  while (node.kind === Kind.ParenthesizedExpression) node = node.expression;
  if (node.kind === Kind.CallExpression) return node.expression;
  return node.parent?.kind === Kind.PropertyAccessExpression && node.parent.name === node ? node.parent : node;
}

// The expression as the person wrote it, more or less.
export const shownText = (node) =>
  node.getText().replaceAll(/\b[\w$]+\.\$event\b/g, "payload").replace(/^payload\.data\./, "");

export function around(node, wanted) {
  while (node && !wanted(node)) node = node.parent;
  return node;
}

// Whether a value is only asked for: in a condition, before ||, && or ??, negated, or with `in`.
export function isAsked(node) {
  const parent = node.parent;
  if (!parent) return false;
  if (parent.kind === Kind.ParenthesizedExpression) return isAsked(parent);
  if (parent.questionDotToken && parent.expression === node) return true;
  if (parent.kind === Kind.IfStatement || parent.kind === Kind.WhileStatement) return parent.expression === node;
  if (parent.kind === Kind.ConditionalExpression) return parent.condition === node;
  if (parent.kind === Kind.PrefixUnaryExpression) return parent.operator === Kind.ExclamationToken;
  if (parent.kind === Kind.TypeOfExpression) return true;
  if (parent.kind !== Kind.BinaryExpression) return false;
  const operator = parent.operatorToken.kind;
  const either = [Kind.BarBarToken, Kind.AmpersandAmpersandToken, Kind.QuestionQuestionToken].includes(operator);
  const compared = [
    Kind.EqualsEqualsToken,
    Kind.EqualsEqualsEqualsToken,
    Kind.ExclamationEqualsToken,
    Kind.ExclamationEqualsEqualsToken,
  ];
  const nothing = (side) => side.kind === Kind.NullKeyword || side.getText() === "undefined";
  return (either && parent.left === node) ||
    (compared.includes(operator) && nothing(parent.left === node ? parent.right : parent.left));
}

// Whether a property is more than `name?: undefined`, which an event type has for the fields of other event types.
export function isPresent(checker, symbol) {
  return parts(checker.getTypeOfSymbol(symbol)).some((one) => !(one.flags & (TypeFlags.Undefined | TypeFlags.Never)));
}

// Whether the value is null or absent in each event type that is possible here and has the field. Another check than
// a comparison, such as startsWith, may have ruled out the types in which it is.
export function mayBeNothing(checker, expression) {
  const steps = [];
  let at = expression;
  while (at.kind === Kind.PropertyAccessExpression) {
    steps.unshift(at.name.text);
    at = at.expression;
  }
  if (at.kind !== Kind.Identifier || steps[0] !== "$event") return true;
  const reached = parts(checker.getTypeAtLocation(at)).map((webhook) => reach(checker, webhook, steps)).filter(Boolean);
  return reached.length > 0 && reached.every((type) => parts(type).some((one) => one.flags & NOTHING));
}

function reach(checker, type, steps) {
  for (const step of steps) {
    const property = checker.getNonNullableType(type).getProperty(step);
    if (!property || !isPresent(checker, property)) return null;
    type = checker.getTypeOfSymbol(property);
  }
  return type;
}
