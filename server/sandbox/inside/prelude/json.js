// Errors of JSON.parse and JSON.stringify as V8 words them: it quotes the text, and walks the circle.
(function (host) {
  "use strict";
  function ofParse(error, given) {
    if (!(error instanceof SyntaxError)) return error;
    const text = String(given), message = error.message;
    const placed = /^(.*?)(?: at position (\d+))?(?: \(line (\d+) column (\d+)\))?$/s.exec(message);
    let position = placed[2] === undefined ? -1 : Number(placed[2]);
    if (/^Unexpected end/.test(message)) {
      if (isOpen(text)) error.message = `Unterminated string in JSON at position ${text.length}`;
      return restacked(error, message);
    }
    const token = /^unexpected token/i.test(message);
    if (/^unexpected data at the end/.test(message)) {
      error.message = `Unexpected non-whitespace character after JSON at position ${behind(text)}`;
    } else if (!token) {
      if (text[position - 1] === "," || /,\s*$/.test(text.slice(0, position))) placed[1] = placed[1].replace("property name or '}'", "double-quoted property name");
      if (/^Unexpected number|^No number after/.test(placed[1])) position++;
      error.message = position < 0 ? message : `${placed[1]} at position ${position}`;
    } else if (/^(?:NaN|Infinity|undefined|\[object Object\])$/.test(text)) {
      error.message = `"${text}" is not valid JSON`;
    } else {
      if (position < 0) position = firstBad(text);
      if (position >= text.length) {
        error.message = "Unexpected end of JSON input";
        return restacked(error, message);
      }
      const sign = String.fromCodePoint(text.codePointAt(position) ?? 32);
      error.message = `Unexpected token '${sign}', ${excerpt(text, position)} is not valid JSON`;
    }
    return restacked(error, message);
  }

  function restacked(error, before) {
    error.stack = String(error.stack).replace(before, () => error.message);
    return error;
  }

  // Whether the text ends inside a string.
  function isOpen(text) {
    const string = /[^"]*(?:"(?:\\.|[^"\\\n])*"|("))/sy;
    for (let found; (found = string.exec(text)); ) if (found[1]) return !text.slice(string.lastIndex).includes("\n");
    return false;
  }

  // Where the first JSON value of a text ends, and the next sign that does not belong to it.
  function behind(text) {
    for (let end = text.length - 1; end > 0; end--) {
      try {
        host.parse(text.slice(0, end));
        return end + (/\S/.exec(text.slice(end))?.index ?? 0);
      } catch {}
      if (text.length - end > 2000) break;
    }
    return 0;
  }

  function excerpt(text, position) {
    if (text.length <= 20) return `"${text}"`;
    if (position < 10) return `"${text.slice(0, position + 10)}"...`;
    if (position < text.length - 10) return `..."${text.slice(position - 10, position + 10)}"...`;
    return `..."${text.slice(position - 10)}"`;
  }

  // Where a JSON text stops being one: what the engine stumbled over begins where no value, sign or word can.
  function firstBad(text) {
    const good = /\s+|"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;
    for (let at = 0; at < text.length; at = good.lastIndex) {
      good.lastIndex = at;
      if (good.test(text)) continue;
      for (const word of ["true", "false", "null"]) {
        let same = 0;
        while (text[at + same] === word[same] && same < word.length) same++;
        if (same) return at + same;
      }
      return at;
    }
    return text.length;
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
      if (i === 0 || i === last - 1) out += `\n    |     ${link(path[i], keys[i])} -> ${named(path[i + 1])}`;
      else if (i === 1) out += "\n    |     ...";
    }
    return out + `\n    --- ${link(path[last], keys[last])} closes the circle`;
  }

  return { ofParse, ofStringify };
});
