// What V8 says of a regular expression that it cannot read.
(function () {
  "use strict";
  const NAME =
    /^(?:[\p{ID_Start}$_]|\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]+\})(?:[\p{ID_Continue}$\u200c\u200d]|\\u[\da-fA-F]{4}|\\u\{[\da-fA-F]+\})*$/u;
  const OF_STRINGS = /^(?:Basic_Emoji|Emoji_Keycap_Sequence|RGI_\w+)$/;
  const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;

  // V8's words, or null. It reads like V8's own parser: a pattern without the flags u and v forgives much.
  function regexFault(pattern, flags = "") {
    const isUnicode = /[uv]/.test(flags);
    const hasNames = isUnicode || /\(\?<(?![=!])/.test(pattern);
    const names = new Set(), references = [];
    let at = 0, groups = 0;
    const open = [];
    const total = (pattern.replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, "").match(/\((?!\?)|\(\?<(?![=!])/g) ?? []).length;

    function quantifier() {
      const sign = pattern[at];
      if (sign === "{") {
        const found = /^\{(\d+)(?:(,)(\d*))?\}/.exec(pattern.slice(at));
        if (!found) return isUnicode ? "Incomplete quantifier" : null;
        if (found[3] && BigInt(found[3]) < BigInt(found[1])) return "numbers out of order in {} quantifier";
        at += found[0].length;
      } else if (sign === "*" || sign === "+" || sign === "?") at++;
      else return null;
      if (pattern[at] === "?") at++;
      return null;
    }

    // Behind a backslash, outside of a class.
    function escape() {
      const sign = pattern[at];
      if (sign === undefined) return "\\ at end of pattern";
      at++;
      if (/[1-9]/.test(sign)) {
        const number = Number(/^\d*/.exec(pattern.slice(at - 1))[0]);
        if (isUnicode && number > total) return "Invalid escape";
        return null;
      }
      if (sign === "0") return isUnicode && /\d/.test(pattern[at] ?? "") ? "Invalid decimal escape" : null;
      if (sign === "k" && hasNames) {
        const name = /^<([^>]*)>/.exec(pattern.slice(at));
        if (!name || !NAME.test(name[1])) return "Invalid named reference";
        references.push(name[1]);
        at += name[0].length;
        return null;
      }
      return other(sign);
    }
    function other(sign) {
      if (sign === "p" || sign === "P") {
        if (!isUnicode) return null;
        const name = /^\{([\w=]*)\}/.exec(pattern.slice(at));
        if (!name || !isProperty(name[1])) return "Invalid property name";
        at += name[0].length;
        return null;
      }
      if (sign === "u") {
        const braced = isUnicode && /^\{([\da-fA-F]+)\}/.exec(pattern.slice(at));
        if (braced && parseInt(braced[1], 16) <= 0x10ffff) at += braced[0].length;
        else if (/^[\da-fA-F]{4}/.test(pattern.slice(at))) at += 4;
        else if (isUnicode) return "Invalid Unicode escape";
        return null;
      }
      if (sign === "x") {
        if (/^[\da-fA-F]{2}/.test(pattern.slice(at))) at += 2;
        else if (isUnicode) return "Invalid escape";
        return null;
      }
      if (sign === "c") {
        if (/[a-zA-Z]/.test(pattern[at] ?? "")) at++;
        else if (isUnicode) return "Invalid unicode escape";
        return null;
      }
      if (isUnicode && !SYNTAX.test(sign) && !/[dDsSwWfnrtvbB]/.test(sign)) return "Invalid escape";
      return null;
    }
    function isProperty(name) {
      if (flags.includes("v") && OF_STRINGS.test(name)) return true;
      try {
        return Boolean(new RegExp(`\\p{${name}}`, "u"));
      } catch {
        return false;
      }
    }

    function atom() {
      if (pattern[at] === undefined) return ["Unterminated character class"];
      if (pattern[at] !== "\\") {
        const point = isUnicode ? pattern.codePointAt(at) : pattern.charCodeAt(at);
        at += point > 0xffff ? 2 : 1;
        return [null, point];
      }
      at++;
      const sign = pattern[at];
      if (sign === undefined) return ["\\ at end of pattern"];
      const from = at++;
      if (/[dDsSwW]/.test(sign)) return [null, null];
      if (sign === "b") return [null, 8];
      if (sign === "-" && isUnicode) return [null, 45];
      if (/[0-9]/.test(sign)) {
        if (isUnicode && (sign !== "0" || /\d/.test(pattern[at] ?? ""))) return ["Invalid class escape"];
        const octal = /^[0-3]?[0-7]{1,2}/.exec(pattern.slice(at - 1))?.[0];
        if (octal) at += octal.length - 1;
        return [null, octal ? parseInt(octal, 8) : sign.codePointAt(0)];
      }
      const wrong = other(sign);
      if (wrong) return [wrong === "Invalid property name" ? "Invalid property name in character class" : wrong];
      if (isUnicode && (sign === "p" || sign === "P")) return [null, null];
      const text = pattern.slice(from, at), simple = { n: 10, r: 13, t: 9, v: 11, f: 12 }[sign];
      if (simple) return [null, simple];
      const hex = /^[xu]\{?([\da-fA-F]+)/.exec(text);
      return [null, hex && text.length > 1 ? parseInt(hex[1], 16) : sign.codePointAt(0)];
    }
    function characterClass() {
      if (pattern[at] === "^") at++;
      while (pattern[at] !== "]") {
        const [wrong, from] = atom();
        if (wrong) return wrong;
        if (pattern[at] !== "-" || pattern[at + 1] === "]" || pattern[at + 1] === undefined) continue;
        at++;
        const [fault, to] = atom();
        if (fault) return fault;
        if (from === null || to === null) {
          if (isUnicode) return "Invalid character class";
        } else if (from > to) return "Range out of order in character class";
      }
      at++;
      return null;
    }

    while (at < pattern.length) {
      const sign = pattern[at++];
      let wrong = null, canRepeat = true;
      switch (sign) {
        case "^":
        case "$":
        case "|":
          canRepeat = false;
          break;
        case "*":
        case "+":
        case "?":
          return "Nothing to repeat";
        case "{":
          if (isUnicode) return "Nothing to repeat";
          if (/^\d+(?:,\d*)?\}/.test(pattern.slice(at))) return "Nothing to repeat";
          break;
        case "}":
        case "]":
          if (isUnicode) return "Lone quantifier brackets";
          break;
        case "(": {
          let isLook = false;
          if (pattern[at] === "?") {
            if (/^\?(?:[:=!])/.test(pattern.slice(at))) {
              isLook = pattern[at + 1] !== ":";
              at += 2;
            } else if (/^\?<[=!]/.test(pattern.slice(at))) {
              isLook = "behind";
              at += 3;
            } else if (pattern[at + 1] === "<") {
              const name = /^\?<([^>]*)>/.exec(pattern.slice(at));
              if (!name || !NAME.test(name[1])) return "Invalid capture group name";
              if (names.has(name[1])) return "Duplicate capture group name";
              names.add(name[1]);
              groups++;
              at += name[0].length;
            } else return "Invalid group";
          } else groups++;
          open.push(isLook);
          canRepeat = false;
          break;
        }
        case ")": {
          if (!open.length) return "Unmatched ')'";
          const isLook = open.pop();
          if (isLook === "behind" || (isLook && isUnicode)) canRepeat = false;
          break;
        }
        case "[":
          wrong = flags.includes("v") ? skipSet() : characterClass();
          break;
        case "\\":
          if (/[bB]/.test(pattern[at] ?? "")) {
            at++;
            canRepeat = false;
          } else wrong = escape();
      }
      if (wrong) return wrong;
      if (canRepeat && (wrong = quantifier())) return wrong;
    }
    if (open.length) return "Unterminated group";
    if (references.some((name) => !names.has(name))) return "Invalid named capture referenced";
    return null;

    function skipSet() {
      for (let depth = 1; at < pattern.length;) {
        const sign = pattern[at++];
        if (sign === "\\") at++;
        else if (sign === "[") depth++;
        else if (sign === "]" && --depth === 0) return null;
      }
      return "Unterminated character class";
    }
  }

  return { regexFault };
});
