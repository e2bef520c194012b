// The user's code as tokens, and where its lines begin. Runs in a realm of its own, see `reading.js`.
(function () {
  "use strict";
  const MAX_CODE = 128 * 1024;
  const TOKEN =
    /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?|=>|\?\.(?!\d)|\.\.\.|[=!]==?|\*\*=?|&&=?|\|\|=?|\?\?=?|[<>]=|\+\+|--|[-+*/%&|^]=|[^]/yu;
  const BLANK = /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
  const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
  const NO_VALUE = /^(?:return|typeof|case|in|of|do|else|void|delete|throw|new|instanceof|await|yield)$/;
  const CLOSES = { ")": "(", "]": "[", "}": "{" };

  function scan(code) {
    const lines = [0], texts = [], begins = [], partners = [], open = [];
    for (const { index, 0: end } of code.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) lines.push(index + end.length);
    if (code.length > MAX_CODE) return { lines, texts, begins, partners };
    const push = (text, at) => (texts.push(text), begins.push(at), partners.push(-1));
    const pair = (opened) => {
      partners[opened] = texts.length - 1;
      partners[texts.length - 1] = opened;
    };

    for (let at = code.startsWith("#!") ? code.indexOf("\n") + 1 || code.length : 0; at < code.length;) {
      BLANK.lastIndex = at;
      if (BLANK.test(code)) at = BLANK.lastIndex;
      if (at >= code.length) break;
      const first = code[at];
      let text;
      if (first === "`" || (first === "}" && texts[open.at(-1)] === "${")) {
        text = template(at, first);
      } else {
        const before = texts.at(-1);
        const regex = first === "/" &&
          (before === undefined || NO_VALUE.test(before) || (!/[\w$)\]}"'`]$/u.test(before)));
        const pattern = regex ? REGEX : TOKEN;
        pattern.lastIndex = at;
        text = (pattern.exec(code) ?? (TOKEN.lastIndex = at, TOKEN.exec(code)))[0];
        push(text, at);
        if (text === "(" || text === "[" || text === "{") open.push(texts.length - 1);
        else if (CLOSES[text] && texts[open.at(-1)] === CLOSES[text]) pair(open.pop());
      }
      at += text.length;
    }
    return { lines, texts, begins, partners };

    // A template is a bracket "`" … "`", and each `${ … }` in it is one too.
    function template(at, first) {
      if (first === "}") {
        push("}", at);
        pair(open.pop());
      } else {
        push("`", at);
        open.push(texts.length - 1);
      }
      let end = at + 1;
      while (end < code.length && code[end] !== "`" && !code.startsWith("${", end)) end += code[end] === "\\" ? 2 : 1;
      if (code[end] === "`") {
        push("`", end);
        pair(open.pop());
        return code.slice(at, end + 1);
      }
      push("${", end);
      open.push(texts.length - 1);
      return code.slice(at, end + 2);
    }
  }

  return { scan };
});
