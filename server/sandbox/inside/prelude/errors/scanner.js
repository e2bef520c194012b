// Tokens of the user's code as V8 scans them, with its complaints. Only runs when code does not compile.
(function () {
  "use strict";
  const KEYWORDS = new Set(
    ("break case catch class const continue debugger default delete do else enum export extends false finally for function if import in" +
      " instanceof new null return super switch this throw true try typeof var void while with").split(" "),
  );
  const CONTEXTUAL = new Set(["async", "get", "set", "await", "yield", "let", "static"]);
  const FUTURE = new Set(["implements", "interface", "package", "private", "protected", "public"]);
  const PUNCTUATOR =
    /\?\.(?!\d)|>>>=|\.\.\.|[=!]==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|[=!<>+\-*/%&|^]=|&&|\|\||\?\?|\+\+|--|<<|>>|\*\*|[{}()[\];,~:.<>+\-*/%&|^!?=]/y;
  const BLANK = /[\t\v\f \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]+/y;
  const START = /[\p{ID_Start}$_]/u, PART = /[\p{ID_Continue}$\u200c\u200d]/u;
  const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/yu;
  const SPACE = /[\t\v\f \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]/, NEWLINE = /[\n\r\u2028\u2029]/;
  const AT_END = "Numeric separators are not allowed at the end of numeric literals",
    ONE_ONLY = "Only one underscore is allowed as numeric separator";
  const BAD_HEX = "Invalid hexadecimal escape sequence", BAD_UNICODE = "Invalid Unicode escape sequence";

  function scanner(code) {
    let at = 0;

    // `fault` of a token is what is wrong with it: `[words, start, end]`.
    function token(type, start, isAfterLine, more) {
      const made = { type, start, end: at, isAfterLine, value: undefined, fault: null, isEscaped: false };
      return more ? Object.assign(made, more) : made;
    }

    function next() {
      let isAfterLine = at === 0;
      for (;;) {
        const sign = code[at];
        if (sign === undefined) return token("end", at, isAfterLine);
        if (NEWLINE.test(sign)) {
          isAfterLine = true;
          at++;
        } else if (sign === " " || SPACE.test(sign)) {
          BLANK.lastIndex = at;
          BLANK.test(code);
          at = BLANK.lastIndex;
        } else if (sign !== "/" && sign !== "<" && sign !== "-" && sign !== "#") {
          break;
        } else if (
          code.startsWith("//", at) || (at === 0 && code.startsWith("#!")) || code.startsWith("<!--", at) ||
          (isAfterLine && code.startsWith("-->", at))
        ) {
          while (at < code.length && !NEWLINE.test(code[at])) at++;
        } else if (code.startsWith("/*", at)) {
          const start = at, end = code.indexOf("*/", at + 2);
          at = end < 0 ? code.length : end + 2;
          if (end < 0) return token("illegal", start, isAfterLine);
          if (NEWLINE.test(code.slice(start, at))) isAfterLine = true;
        } else break;
      }
      const start = at, sign = code[at];
      if (sign === '"' || sign === "'") return string(start, isAfterLine, sign);
      if (sign === "`") {
        at++;
        return template(start, isAfterLine);
      }
      if (/\d/.test(sign) || (sign === "." && /\d/.test(code[at + 1] ?? ""))) return number(start, isAfterLine);
      const point = String.fromCodePoint(code.codePointAt(at));
      if (START.test(point) || sign === "\\") return word(start, isAfterLine);
      if (sign === "#") {
        at++;
        const first = code[at] === undefined ? "" : String.fromCodePoint(code.codePointAt(at));
        if (!START.test(first) && first !== "\\") {
          return token("illegal", start, isAfterLine, { fault: ["Invalid or unexpected token", start, at] });
        }
        const name = word(at, isAfterLine);
        return name.type === "illegal"
          ? { ...name, start }
          : token("private", start, isAfterLine, { value: "#" + name.value });
      }
      PUNCTUATOR.lastIndex = at;
      const text = PUNCTUATOR.exec(code)?.[0];
      if (text) {
        at += text.length;
        return token(text, start, isAfterLine);
      }
      at += point.length;
      return token("illegal", start, isAfterLine);
    }

    function word(start, isAfterLine) {
      WORD.lastIndex = at;
      let name = WORD.exec(code)?.[0] ?? "", isEscaped = false;
      at += name.length;
      while (code[at] === "\\") {
        isEscaped = true;
        const found = /\\u(?:([\da-fA-F]{4})|\{([\da-fA-F]+)\})/y;
        found.lastIndex = at;
        const [text, four, more] = found.exec(code) ?? [];
        const point = text === undefined ? NaN : parseInt(four ?? more, 16);
        const sign = point <= 0x10ffff ? String.fromCodePoint(point) : "";
        if (!(name ? PART : START).test(sign)) {
          const digits = /^\{[\da-fA-F]*/.exec(code.slice(at + 2))?.[0].length;
          const fault = text !== undefined || code[at + 1] !== "u"
            ? null
            : digits
            ? [BAD_UNICODE, at + 2 + digits, at + 3 + digits]
            : [BAD_UNICODE, at, at + 6];
          at = fault ? fault[2] : at + 1;
          return token("illegal", start, isAfterLine, { fault });
        }
        name += sign;
        at += text.length;
        for (
          let point;
          at < code.length && PART.test(point = String.fromCodePoint(code.codePointAt(at)));
          at += point.length
        ) name += point;
      }
      let type = KEYWORDS.has(name) || CONTEXTUAL.has(name) ? name : FUTURE.has(name) ? "future" : "name";
      if (isEscaped && KEYWORDS.has(name)) type = "escaped keyword";
      if (isEscaped && (type === "future" || name === "let" || name === "static")) type = "escaped future";
      return token(type, start, isAfterLine, { value: name, isEscaped });
    }

    // Moves past an escape; gives what is wrong with it, or null. `at` is behind the backslash.
    function escape(isTemplate) {
      const start = at, sign = code[at];
      if (sign === undefined) return null;
      at++;
      if (sign === "\r" && code[at] === "\n") at++;
      if (sign === "x" || sign === "u") {
        if (sign === "u" && code[at] === "{") {
          const digits = /^[\da-fA-F]*/.exec(code.slice(at + 1))[0], end = at + 1 + digits.length;
          const big = digits && parseInt(digits, 16) > 0x10ffff;
          if (big) {
            let count = 0;
            for (let value = 0; value <= 0x10ffff; count++) value = value * 16 + parseInt(digits[count], 16);
            at = end;
            return ["Undefined Unicode code-point", start - 1, start + 2 + count];
          }
          at = end;
          if (!digits || code[at] !== "}") return [BAD_UNICODE, at, at + 1];
          at++;
          return null;
        }
        const wanted = sign === "x" ? 2 : 4;
        const digits = /^[\da-fA-F]*/.exec(code.slice(at, at + wanted))[0].length;
        at += digits;
        return digits === wanted ? null : [sign === "x" ? BAD_HEX : BAD_UNICODE, start - 1, start - 1 + wanted + 2];
      }
      if (/[0-7]/.test(sign)) {
        const isNul = sign === "0" && !/\d/.test(code[at] ?? "");
        if (isTemplate) {
          return isNul ? null : ["Octal escape sequences are not allowed in template strings.", start, at];
        }
        const digits = /^[0-3][0-7]{0,2}|^[4-7][0-7]?/.exec(code.slice(start, start + 3))[0];
        at = start + digits.length;
        if (!isNul) octal ??= ["Octal escape sequences are not allowed in strict mode.", start, at];
      } else if (sign === "8" || sign === "9") {
        if (isTemplate) return ["\\8 and \\9 are not allowed in template strings.", start - 1, at];
        octal ??= ["\\8 and \\9 are not allowed in strict mode.", start - 1, at];
      }
      return null;
    }
    let octal = null;

    function string(start, isAfterLine, quote) {
      at++;
      const from = at;
      let isPlain = true;
      for (;;) {
        const sign = code[at];
        if (sign === quote) break;
        if (sign === undefined || sign === "\n" || sign === "\r") return token("illegal", start, isAfterLine);
        at++;
        if (sign !== "\\") continue;
        isPlain = false;
        if (code[at] === undefined) return token("illegal", start, isAfterLine);
        const fault = escape(false);
        if (fault) return token("illegal", start, isAfterLine, { fault });
      }
      at++;
      return token("string", start, isAfterLine, { value: code.slice(from, at - 1), isEscaped: !isPlain });
    }

    // From behind "`" or "}" to behind "`" or "${".
    function template(start, isAfterLine) {
      let wrong = null;
      for (;;) {
        const sign = code[at];
        if (sign === undefined) return token("template part", start, isAfterLine, { wrong });
        at++;
        if (sign === "`") return token("template end", start, isAfterLine, { wrong });
        if (sign === "$" && code[at] === "{") {
          at++;
          return token("template part", start, isAfterLine, { wrong });
        }
        if (sign === "\\") wrong = escape(true) ?? wrong;
      }
    }

    function number(start, isAfterLine) {
      let fault = null;
      const digits = (allowed) => {
        let isSeparated = false, count = 0;
        while (code[at] !== undefined && (allowed.test(code[at]) || code[at] === "_")) {
          if (code[at] === "_") {
            if (code[at + 1] === "_") {
              fault ??= [ONE_ONLY, at + 1, at + 2];
              return false;
            }
            isSeparated = true;
          } else {
            isSeparated = false;
            count++;
          }
          at++;
        }
        if (isSeparated) fault ??= [AT_END, at, at + 1];
        return count > 0 && !isSeparated;
      };
      const bad = () => token("illegal", start, isAfterLine, { fault });
      const prefix = code[at] === "0" ? (code[at + 1] ?? "").toLowerCase() : "";
      let isDecimal = true;
      if (prefix === "x" || prefix === "o" || prefix === "b") {
        at += 2;
        if (code[at] === "_") return bad();
        if (!digits(prefix === "x" ? /[\da-fA-F]/ : prefix === "o" ? /[0-7]/ : /[01]/)) return bad();
        isDecimal = false;
      } else if (prefix === "_") {
        at += 1;
        fault = ["Numeric separator can not be used after leading 0.", at, at + 1];
        return bad();
      } else {
        if (/\d/.test(prefix)) {
          const found = /^0\d+/.exec(code.slice(at))[0], isOctal = /^0[0-7]+$/.test(found);
          at += found.length;
          if (code[at] === "_") {
            fault = ["Numeric separator can not be used after leading 0.", at, at + 1];
            return bad();
          }
          octal ??= [
            isOctal
              ? "Octal literals are not allowed in strict mode."
              : "Decimals with leading zeros are not allowed in strict mode.",
            start,
            at,
          ];
          if (isOctal) isDecimal = false;
        } else if (code[at] !== "." && !digits(/\d/)) return bad();
        if (isDecimal && code[at] === ".") {
          at++;
          if (code[at] === "_") return bad();
          if (/\d/.test(code[at] ?? "") && !digits(/\d/)) return bad();
        }
      }
      const isBig = code[at] === "n" && !code.slice(start, at).includes(".") &&
        (isDecimal ? !/^0\d/.test(code.slice(start, at)) : prefix !== "" && !/\d/.test(prefix));
      if (isBig) at++;
      else if (isDecimal && /[eE]/.test(code[at] ?? "")) {
        at++;
        if (/[+-]/.test(code[at] ?? "")) at++;
        if (!/\d/.test(code[at] ?? "")) return bad();
        if (!digits(/\d/)) return bad();
      }
      const after = code[at] === undefined ? "" : String.fromCodePoint(code.codePointAt(at));
      if (/\d/.test(after) || START.test(after) || after === "\\") return bad();
      return token("number", start, isAfterLine, { value: code.slice(start, at) });
    }

    // A regular expression from its first "/"; null when it does not end.
    function regex(start, isAfterLine) {
      at = start + 1;
      for (let isInClass = false;; at++) {
        const sign = code[at];
        if (sign === undefined || NEWLINE.test(sign)) return null;
        if (sign === "\\") {
          at++;
          if (code[at] === undefined || NEWLINE.test(code[at])) return null;
        } else if (sign === "[") isInClass = true;
        else if (sign === "]") isInClass = false;
        else if (sign === "/" && !isInClass) break;
      }
      const pattern = code.slice(start + 1, at++), from = at;
      for (
        let point;
        at < code.length && PART.test(point = String.fromCodePoint(code.codePointAt(at)));
        at += point.length
      );
      return token("regex", start, isAfterLine, { pattern, flags: code.slice(from, at) });
    }

    return {
      next,
      regex,
      template,
      moveTo: (offset) => void (at = offset),
      get offset() {
        return at;
      },
      get octal() {
        return octal;
      },
      set octal(value) {
        octal = value;
      },
    };
  }

  return { scanner };
});
