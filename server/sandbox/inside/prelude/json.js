// Errors of JSON.parse and JSON.stringify as V8 words them: it quotes the text, and walks the circle.
(function (host) {
  "use strict";
  function ofParse(error, given) {
    if (!(error instanceof SyntaxError)) return error;
    const message = error.message, text = String(given), words = wordsOf(text);
    if (words) error.message = words;
    return restacked(error, message);
  }

  function restacked(error, before) {
    error.stack = String(error.stack).replace(before, () => error.message);
    return error;
  }

  // What V8 says of a text that is not JSON; "" when it is. Reads it as V8 does.
  function wordsOf(text) {
    let at = 0;
    const blank = () => {
      while (at < text.length && " \t\n\r".includes(text[at])) at++;
      return text[at];
    };
    const fail = (words) => {
      throw words;
    };
    const placed = (words, position = at) => fail(`${words} in JSON at position ${position}`);

    // `words` are V8's where it says what it expected.
    function unexpected(words) {
      const sign = text[at];
      if (words) placed(words);
      if (sign === undefined) fail("Unexpected end of JSON input");
      if (/[-\d]/.test(sign)) placed("Unexpected number");
      if (sign === '"') placed("Unexpected string");
      if (/^(?:NaN|Infinity|undefined|\[object Object\])$/.test(text)) fail(`"${text}" is not valid JSON`);
      fail(`Unexpected token '${sign}', ${excerpt(text, at)} is not valid JSON`);
    }

    function string() {
      for (at++;; at++) {
        const sign = text[at];
        if (sign === undefined) placed("Unterminated string");
        if (sign === '"') return void at++;
        if (sign < " ") placed("Bad control character in string literal");
        if (sign !== "\\") continue;
        const kind = text[++at];
        if (kind === undefined) placed("Unterminated string");
        if (kind === "u") {
          for (let i = 0; i < 4; i++) {
            if (!/[\da-fA-F]/.test(text[++at] ?? "")) placed("Bad Unicode escape");
          }
        } else if (!/["\\/bfnrt]/.test(kind)) placed("Bad escaped character");
      }
    }

    const isDigit = () => /\d/.test(text[at] ?? "");
    const digits = () => {
      while (isDigit()) at++;
    };
    function number() {
      if (text[at] === "-") {
        at++;
        if (!isDigit()) placed("No number after minus sign");
      }
      if (text[at] === "0") {
        at++;
        if (isDigit()) placed("Unexpected number");
      } else digits();
      if (text[at] === ".") {
        at++;
        if (!isDigit()) placed("Unterminated fractional number");
        digits();
      }
      if (/[eE]/.test(text[at] ?? "")) {
        at++;
        if (/[-+]/.test(text[at] ?? "")) at++;
        if (!isDigit()) placed("Exponent part is missing a number");
        digits();
      }
    }

    function word(expected) {
      for (const sign of expected) {
        if (text[at] !== sign) unexpected();
        at++;
      }
    }

    function value() {
      const sign = blank();
      if (sign === "{") {
        at++;
        if (blank() === "}") return void at++;
        for (let isFirst = true;; isFirst = false) {
          if (blank() !== '"') {
            unexpected(isFirst ? "Expected property name or '}'" : "Expected double-quoted property name");
          }
          string();
          if (blank() !== ":") unexpected(isFirst ? "Expected ':' after property name" : "");
          at++;
          value();
          if (blank() === "}") return void at++;
          if (text[at] !== ",") unexpected("Expected ',' or '}' after property value");
          at++;
        }
      }
      if (sign === "[") {
        at++;
        if (blank() === "]") return void at++;
        for (;;) {
          value();
          if (blank() === "]") return void at++;
          if (text[at] !== ",") unexpected("Expected ',' or ']' after array element");
          at++;
        }
      }
      if (sign === '"') return string();
      if (sign !== undefined && /[-\d]/.test(sign)) return number();
      if (sign === "t") return word("true");
      if (sign === "f") return word("false");
      if (sign === "n") return word("null");
      unexpected();
    }

    try {
      value();
      if (blank() !== undefined) fail(`Unexpected non-whitespace character after JSON at position ${at}`);
    } catch (words) {
      return typeof words === "string" ? words : "";
    }
    return "";
  }

  function excerpt(text, position) {
    if (text.length <= 20) return `"${text}"`;
    if (position < 10) return `"${text.slice(0, position + 10)}"...`;
    if (position < text.length - 10) return `..."${text.slice(position - 10, position + 10)}"...`;
    return `..."${text.slice(position - 10)}"`;
  }

  function ofStringify(error, value) {
    if (error instanceof TypeError && error.message === "circular reference") {
      const before = error.message;
      error.message = "Converting circular structure to JSON" + circle(value);
      error.stack = String(error.stack).replace(before, () => error.message);
    }
    return error;
  }

  const named = (object) => `object with constructor '${object.constructor?.name ?? "Object"}'`;
  const link = (holder, key) => (Array.isArray(holder) ? `index ${key}` : `property '${key}'`);

  function circle(root) {
    const path = [], keys = [];
    function walk(value, depth) {
      if (value === null || typeof value !== "object" || depth > 200) return false;
      const start = path.indexOf(value);
      if (start >= 0) {
        keys.splice(0, start);
        path.splice(0, start);
        return true;
      }
      path.push(value);
      for (const key of Object.keys(value)) {
        keys.push(key);
        if (walk(value[key], depth + 1)) return true;
        keys.pop();
      }
      path.pop();
      return false;
    }
    if (!walk(root, 0)) return "";
    const last = keys.length - 1;
    let out = `\n    --> starting at ${named(path[0])}`;
    for (let i = 0; i < last; i++) {
      if (i <= 1 || i === last - 1) out += `\n    |     ${link(path[i], keys[i])} -> ${named(path[i + 1])}`;
      else if (i === 2) out += "\n    |     ...";
    }
    return out + `\n    --- ${link(path[last], keys[last])} closes the circle`;
  }

  // Where in `webhook.payload` its JSON cannot be written, in a sentence; "" when it is not found.
  function ofPayload(payload) {
    const path = [], keys = [];
    const place = (length) =>
      keys.slice(0, length).reduce(
        (text, key) =>
          text + (/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
            ? `.${key}`
            : /^\d+$/.test(key)
            ? `[${key}]`
            : `[${host.quote(key)}]`),
        "webhook.payload",
      );
    function walk(value) {
      if (typeof value === "bigint") return `${place()} is a BigInt and needs String(…).`;
      if (value === null || typeof value !== "object" || path.length > 200 || typeof value.toJSON === "function") {
        return "";
      }
      const start = path.indexOf(value);
      if (start >= 0) return `${place()} leads back to ${place(start)}.`;
      path.push(value);
      for (const key of Object.keys(value)) {
        keys.push(key);
        const found = walk(value[key]);
        if (found) return found;
        keys.pop();
      }
      path.pop();
      return "";
    }
    return walk(payload);
  }

  return { ofParse, ofStringify, ofPayload };
});
