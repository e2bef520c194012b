// The user's code as tokens, to find what an error is about: the engine says little more than "not a function".
(function (host) {
  "use strict";
  const code = host.load("code");
  const WORD = /^[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*$/u;
  const NO_VALUE = /^(?:return|typeof|case|in|of|do|else|void|delete|throw|new|instanceof|await|yield)$/;

  // Where each line begins. And parallel lists: what a token is, where it begins, and for brackets where the other
  // one is.
  const { lines, texts, begins, partners } = host.load("code tokens");

  // The engine counts columns in bytes of UTF-8, JavaScript and editors in units of UTF-16.
  function offsetOf(line, column) {
    const start = lines[line - 1], text = code.slice(start, lines[line] ?? code.length);
    let bytes = 1, at = 0;
    while (at < text.length && bytes < column) {
      const point = text.codePointAt(at);
      bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      at += point < 0x10000 ? 1 : 2;
    }
    return start + at;
  }

  function placeOf(offset) {
    let line = 0;
    while (line + 1 < lines.length && lines[line + 1] <= offset) line++;
    return [line + 1, offset - lines[line] + 1];
  }

  // The first token that ends behind the offset.
  function tokenAt(offset) {
    let low = 0, high = texts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (begins[middle] + texts[middle].length <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  const isWord = (i) => WORD.test(texts[i] ?? "");
  const isName = (i) => isWord(i) && !NO_VALUE.test(texts[i]);
  const isDot = (i) => texts[i] === "." || texts[i] === "?.";
  const endsValue = (i) =>
    isName(i) || texts[i] === ")" || texts[i] === "]" || /^["'\d]/.test(texts[i] ?? "") ||
    (texts[i] === "`" && partners[i] < i);

  // `a.b(c)[d]` from its last token: where it begins.
  function chainStart(last) {
    let i = last;
    for (;;) {
      if (partners[i] >= 0 && partners[i] < i) {
        i = partners[i];
        if (texts[i] === "${" || texts[i] === "{") break;
        if (texts[i - 1] === "?.") i -= 2;
        else if (endsValue(i - 1)) i--;
        else break;
      } else if (isDot(i - 1)) {
        i -= 2;
      } else break;
    }
    return texts[i - 1] === "new" ? i - 1 : i;
  }

  // From its first token: the index behind its last.
  function chainEnd(first) {
    let i = partners[first] > first ? partners[first] + 1 : first + 1;
    for (;;) {
      if (isDot(i) && isWord(i + 1)) i += 2;
      else if (texts[i] === "?." || ((texts[i] === "(" || texts[i] === "[" || texts[i] === "`") && partners[i] > i)) {
        i = (texts[i] === "?." ? i : partners[i]) + 1;
      } else return i;
    }
  }

  // As V8 prints an expression in its messages.
  function shown(first, end) {
    let out = "", i = first;
    const written = partners[first] > first && partners[first] < end ? group(first) : null;
    if (written) {
      out = written;
      i = partners[first] + 1;
    } else if (
      texts[first] === "new" || texts[first] === "await" || (partners[first] > first) || texts[first] === "super"
    ) {
      out = "(intermediate value)";
      i = texts[first] === "new"
        ? chainNewEnd(first)
        : partners[first] > first
        ? partners[first] + 1
        : texts[first] === "super"
        ? first + 1
        : end;
    } else {
      out = /^'/.test(texts[first]) ? JSON.stringify(texts[first].slice(1, -1)) : texts[first];
      i = first + 1;
    }
    while (i < end) {
      if (isDot(i) && isWord(i + 1)) {
        out += texts[i] + texts[i + 1];
        i += 2;
      } else if (texts[i] === "(") {
        out += "(...)";
        i = partners[i] + 1;
      } else if (texts[i] === "[") {
        out += keyShown(i + 1, partners[i]);
        i = partners[i] + 1;
      } else if (texts[i] === "`") {
        i = partners[i] + 1;
        out += "(...)";
      } else i++;
    }
    return out;
  }

  // `(a / 100)` and `[1,2]`, as far as they are simple; null for anything else.
  function group(first) {
    const end = partners[first], parts = [], list = texts[first] === "[";
    if (!list && texts[first] !== "(") return null;
    let sign = "";
    for (let i = first + 1; i < end; i++) {
      if (!endsValue(i) && partners[i] < i) return null;
      const stop = chainEnd(i);
      if (stop > end || texts[i] === "new" || texts[i] === "{" || texts[i] === "`") return null;
      parts.push(shown(i, stop));
      if (stop < end && !(list ? /^,$/ : /^(?:[-+*/%]|\|\||&&|\?\?)$/).test(texts[stop])) return null;
      if (stop < end && sign && sign !== texts[stop]) return null;
      if (stop < end) sign = texts[stop];
      i = stop;
    }
    if (list) return "[" + parts.join(",") + "]";
    return parts.length === 1 ? parts[0] : parts.length ? `(${parts.join(` ${sign} `)})` : null;
  }

  function chainNewEnd(first) {
    let i = first + 2;
    while (isDot(i)) i += 2;
    return texts[i] === "(" ? partners[i] + 1 : i;
  }

  function keyShown(first, end) {
    if (end - first === 1 && /^["']/.test(texts[first])) return "." + texts[first].slice(1, -1);
    const simple = endsValue(end - 1) && chainStart(end - 1) === first;
    return simple ? `[${shown(first, end)}]` : "[...]";
  }

  // The bracket that stands open around a token; -1 for none.
  function around(i) {
    for (let at = i - 1; at >= 0; at--) {
      if (partners[at] < 0) continue;
      if (partners[at] < at) at = partners[at];
      else if (partners[at] >= i) return at;
    }
    return -1;
  }

  return {
    code,
    lines,
    texts,
    begins,
    partners,
    offsetOf,
    placeOf,
    tokenAt,
    isWord,
    isName,
    isDot,
    endsValue,
    chainStart,
    chainEnd,
    shown,
    around,
  };
});
