// What is known of the values in the code: literals, and what is read from the webhook.
(function (host) {
  "use strict";
  const { load, given } = host;
  const { texts, partners, tokenAt, isWord, chainEnd } = load("source");
  const { called } = load("places");

  // What is worth knowing of a short expression that only reads the webhook: its value, or `unknown`.
  const unknown = {};
  function valueOf(first, end) {
    if (end - first === 1) {
      const literal = texts[first];
      if (literal === "undefined") return undefined;
      if (literal === "null") return null;
      if (/^\d/.test(literal)) return Number(literal);
      if (/^["']/.test(literal)) return literal.slice(1, -1);
      if (literal === "true" || literal === "false") return literal === "true";
    }
    if (texts[first] === "{" && partners[first] === end - 1) return {};
    if (texts[first] === "[" && partners[first] === end - 1) return [];
    const name = parameter();
    if (!name || texts[first] !== name || !given.webhook) return unknown;
    let value = given.webhook;
    for (let i = first + 1; i < end; i += 2) {
      if (texts[i] !== "." || !isWord(i + 1) || value === null || typeof value !== "object") return unknown;
      value = Object.getOwnPropertyDescriptor(value, texts[i + 1])?.value;
    }
    return value;
  }

  // The name that handler gives to its webhook.
  function parameter() {
    for (let i = 0; i < texts.length; i++) {
      if (texts[i] !== "handler") continue;
      if (texts[i + 1] === "(" && texts[i - 1] === "function") return texts[i + 2];
      if (texts[i + 1] === "=") {
        const j = texts[i + 2] === "async" ? i + 3 : i + 2;
        return texts[j] === "(" ? texts[j + 1] : texts[j] === "function" ? texts[texts.indexOf("(", j) + 1] : texts[j];
      }
    }
    return "";
  }

  // The first argument of the call of a native function: `[first, end]`, or null.
  function argument(frame, native) {
    frame.at = called(frame.at, native);
    let i = tokenAt(frame.at);
    if (texts[i] === "new") i++;
    while (texts[i] !== "(" && i < texts.length && texts[i] !== ";") i++;
    if (texts[i] !== "(" || partners[i] === i + 1) return null;
    return [i + 1, chainEnd(i + 1)];
  }

  // The first element that is no object, of what was to be entries.
  function firstPlain(frame, native) {
    frame.at = called(frame.at, native);
    const { callAt, valueOf, unknown: none } = load("tree");
    const list = valueOf(callAt(frame.at)?.list[0]);
    if (typeof list !== "string" && !Array.isArray(list)) return "undefined";
    const found = [...list].find((each) => each !== none && (each === null || typeof each !== "object"));
    return String(found);
  }

  function firstArgument(frame, native) {
    frame.at = called(frame.at, native);
    const { callAt, valueOf, unknown, shown, print } = load("tree");
    const node = callAt(frame.at)?.list[0];
    if (!node) return "undefined";
    const value = valueOf(node);
    return value === unknown
      ? print(node)
      : typeof value === "object" && value !== null
      ? (/^#/.test(shown(value, node)) ? "[object Object]" : String(value))
      : String(value);
  }

  return { unknown, valueOf, argument, firstPlain, firstArgument };
});
