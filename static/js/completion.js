// Completions after a dot: the fields of `webhook`; those of the payload come from the payload under test. The value
// before the dot is found from the syntax alone (see aliases.js), so `const p = webhook.payload.data; p.` works. Inside
// a string that is compared with the event type, the completions are the event types.
import { syntaxTree } from "../vendor/codemirror.js";
import { reader } from "./aliases.js";

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const LONGEST_DETAIL = 32;

export function webhookCompletions(area) {
  const root = () => webhookOf(area);
  return (context) => fields(context, root) ?? eventTypes(context, area);
}

function fields(context, root) {
  const typed = context.matchBefore(/\??\.\s*[\w$]*/);
  if (!typed) return null;
  const object = expressionEndingAt(syntaxTree(context.state), typed.from);
  const value = object && reader(syntaxTree(context.state), context.state.doc, root())(object);
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const options = Object.keys(value).filter((key) => IDENTIFIER.test(key)).map((key, index) => ({
    label: key,
    detail: describe(value[key]),
    type: "property",
    boost: 50 - index,
  }));
  return { from: typed.to - /[\w$]*$/.exec(typed.text)[0].length, options, validFor: /^[\w$]*$/ };
}

// The whole expression before the dot: the largest syntax node that ends there.
function expressionEndingAt(tree, end) {
  let node = tree.resolveInner(end, -1);
  if (/String|Comment|RegExp/.test(node.name)) return null;
  while (node.parent && node.parent.to === end) node = node.parent;
  return node;
}

function eventTypes(context, area) {
  const node = syntaxTree(context.state).resolveInner(context.pos, -1);
  if (node.name !== "String" || !aboutEventType(node, context.state)) return null;
  const names = [...(area.form?.querySelectorAll("select[data-sample-for] option") ?? [])].map((option) => option.value)
    .filter(Boolean);
  if (!names.length) return null;
  return { from: node.from + 1, options: names.map((label) => ({ label, type: "enum" })), validFor: /^[\w.]*$/ };
}

function aboutEventType(node, state) {
  const around = node.parent?.name === "CaseLabel" ? node.parent.parent?.parent : node.parent;
  return around
    ? /\b(eventType|type)\b/.test(state.sliceDoc(around.from, Math.min(around.to, around.from + 200)))
    : false;
}

// `webhook` as the form describes it now: the payload under test, the variables, and the fields that it always has.
const lastGood = new WeakMap();

function webhookOf(area) {
  const payloadArea = document.querySelector(area.dataset.completesFrom ?? "#payload");
  try {
    lastGood.set(area, JSON.parse(payloadArea?.value ?? "{}"));
  } catch {
    // Incomplete JSON: the last valid payload still provides the names.
  }
  const names = [...(area.form?.querySelectorAll('[name="variables_key"]') ?? [])].map((input) => input.value).filter(
    Boolean,
  );
  return {
    eventType: lastGood.get(area)?.type ?? "",
    payload: lastGood.get(area) ?? {},
    url: "https://…",
    method: "POST",
    headers: {},
    env: Object.fromEntries(names.map((name) => [name, ""])),
    cancel: false,
  };
}

function describe(value) {
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (value !== null && typeof value === "object") return "object";
  const text = JSON.stringify(value);
  return text.length > LONGEST_DETAIL ? text.slice(0, LONGEST_DETAIL - 1) + "…" : text;
}
