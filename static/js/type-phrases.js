// The sentences of the type checker's warnings and hovers. editor-phrases.js has them in Chinese; $1, $2 … are values.
const SENTENCES = {
  nothing: "“$1” may be null or absent here. Ask first, or use ?. or ??",
  maybeNull: "This may be null, and the destination does not accept null for “$1”.",
  eventType: "There is no event type “$1”.",
  eventTypeMeant: "There is no event type “$1”. Did you mean “$2”?",
  notSubscribed: "The endpoint does not receive “$1”: it is not among its event types.",
  ruledOut: "“$1” was ruled out before, so this is never true.",
  neverEqual: "“$2” is never “$1”. It is one of $3.",
  field: "No event of this type has a field “$1”.",
  fieldMeant: "No event of this type has a field “$1”. Did you mean “$2”?",
  variable: "There is no variable “$1”. Add it in the Variables tab.",
  variableMeant: "There is no variable “$1”. Did you mean “$2”?",
  webhook: "webhook has no “$1”.",
  webhookMeant: "webhook has no “$1”. Did you mean “$2”?",
  method: "“$1” does not exist here.",
  methodMeant: "“$1” does not exist here. Did you mean “$2”?",
  unknownName: "“$1” is not declared, and Hookbench does not have it.",
  value: "The destination does not accept $2 for “$1”. It accepts $3.",
  kind: "The destination expects $3 for “$1”.",
  missing: "The destination needs “$1”, which is missing here.",
  excess: "The destination does not accept a field “$1”.",
};

const ABSENT = {
  fetch: "There is no fetch. Set webhook.url, method, headers and payload, and Hookbench sends the request.",
  require: "There is no require. Paste the code you need into the transformation.",
  setTimeout: "There is no setTimeout. Do the work directly; Hookbench makes the retries.",
  setInterval: "There is no setInterval. Do the work directly; Hookbench makes the retries.",
  process: "There is no process. Variables are in webhook.env.",
  Buffer: "There is no Buffer. Use TextEncoder, btoa and atob.",
};

export const HOVER = {
  nullable: "May be null.",
  absent: "May be absent.",
  example: "Example: $1",
};

export const phrasesOfTypes = [...Object.values(SENTENCES), ...Object.values(ABSENT), ...Object.values(HOVER)];

// The sentence of a warning in the language of the editor's state.
export function sentence(state, { kind, values }) {
  if (kind === "unknownName" && Object.hasOwn(ABSENT, values[0])) return state.phrase(ABSENT[values[0]]);
  const meant = values[1] && SENTENCES[`${kind}Meant`];
  return state.phrase(meant || SENTENCES[kind], ...values);
}
