// Where V8 points: the engine's own places are often a token or a line away.
(function (host) {
  "use strict";
  const { load } = host;
  const { texts, begins, partners, tokenAt, isWord, isName, isDot, endsValue, chainStart, chainEnd, around } = load(
    "source",
  );

  // Where V8 says that something was called: at the name behind the last dot, or at `new`.
  function called(offset, native) {
    const i = tokenAt(offset);
    native = (native ?? "").replace(/^#/, "");
    const isIt = (j) => texts[j] === native && (texts[j + 1] === "(" || texts[j + 1] === "`" || texts[j - 1] === "new");
    if (native && ![i - 1, i, i + 1].some(isIt)) {
      for (let open = around(i), steps = 0; open > 0 && steps < 20; open = around(open), steps++) {
        if (texts[open] === "(" && texts[open - 1] === native) {
          return begins[texts[open - 2] === "new" ? open - 2 : open - 1];
        }
      }
    }
    if (isDot(i)) return begins[i + 1] ?? offset;
    if (texts[i] === "(" && isName(i - 1)) return begins[texts[i - 2] === "new" ? i - 2 : i - 1];
    if (isName(i) && texts[i + 1] === "(" && (!native || texts[i] === native)) {
      return begins[texts[i - 1] === "new" ? i - 1 : i];
    }
    if (texts[i - 1] === "new") return begins[i - 1];
    for (let open = around(i), steps = 0; native && open > 0 && steps < 20; open = around(open), steps++) {
      if (texts[open] === "(" && texts[open - 1] === native) {
        return begins[texts[open - 2] === "new" ? open - 2 : open - 1];
      }
    }
    for (let j = i; native && j < i + 12 && j < texts.length; j++) {
      if (texts[j] === native && texts[j + 1] === "(") return begins[texts[j - 1] === "new" ? j - 1 : j];
    }
    return begins[i] !== undefined && begins[i] - offset <= 1 ? Math.max(begins[i], offset) : offset;
  }

  // The engine points behind an operator.
  const OPERATOR = /^(?:[-+*/%&|^<>]|\*\*|<<|>>|in|instanceof|[<>=!]=?=?)$/;
  function operatorAt(offset) {
    const i = tokenAt(offset - 1);
    for (let j = i; j >= i - 3 && j >= 0; j--) if (OPERATOR.test(texts[j])) return j;
    return texts[i] === "${" ? i + 1 : i;
  }
  function operated(offset) {
    return begins[operatorAt(offset)] ?? offset;
  }

  function place(frame, token, words) {
    if (begins[token] !== undefined) frame.at = begins[token];
    return words;
  }

  const nameOrDot = (dot) => (calledIn(chainStart(dot - 1), dot) || texts[dot] === "?." ? dot : dot + 1);

  // V8 points at the dot instead of the name once a chain has a call or `?.` in it.
  function calledIn(first, end) {
    for (let i = texts[first] === "new" ? newEnd(first + 1) + 1 : first + 1; i < end; i++) {
      if (texts[i] === "(" || texts[i] === "?.") return true;
      if (partners[i] > i) i = partners[i];
    }
    return false;
  }

  function newEnd(i) {
    let end = i + 1;
    while (isDot(end)) end += 2;
    return end;
  }

  // V8 places the reading of a global at the beginning of its statement, unless that has done something before.
  function readGlobal(i) {
    let start = i, busy = false;
    for (; start > 0; start--) {
      const before = texts[start - 1];
      if (/^(?:;|\}|else|do)$/.test(before)) break;
      if (/^(?:return|throw)$/.test(before)) return busy ? i : start - 1;
      if (before === "=>") return busy || !isDot(i + 1) ? i : i + 2;
      if (before === "=") {
        const first = chainStart(start - 2);
        if (/^(?:const|let|var|,)$/.test(texts[first - 1] ?? "")) return busy ? i : start;
        if (start - 1 - first > 1 && (isDot(i + 1) || texts[i - 1] === "new")) return i;
        if (start - 1 - first > 3) return i; // the object that is written to was read before
        start = first + 1;
        continue;
      }
      if (before === "${") {
        const template = around(start - 1);
        if (!busy && template === start - 2 && begins[start - 1] === begins[template] + 1) {
          return busyBefore(template) ? template : readGlobal(template);
        }
        busy = true;
      } else if (before === "(" && /^(?:if|while|switch|for)$/.test(texts[start - 2] ?? "")) {
        return busy ? i : start - 2;
      } else if (before === "{" && !isLiteral(start - 1)) {
        break;
      } else if (
        before !== "(" && before !== "!" && before !== "new" && before !== "await" &&
        !(before === ":" && isWord(start - 2)) && before !== ","
      ) {
        if (texts[start] !== ":") busy = true;
        if (partners[start - 1] >= 0 && partners[start - 1] < start - 1) start = partners[start - 1] + 1;
      } else if (before === "," || (before === "(" && endsValue(start - 2))) {
        busy = true;
      }
    }
    return busy ? i : start;
  }
  const isLiteral = (open) =>
    /^(?:[=(,:?[]|return|=>|\?\?|\|\||&&)$/.test(texts[open - 1] ?? "") && texts[open - 1] !== "=>";
  const busyBefore = (i) => readGlobal(i) === i;

  // The last token before the offset that is `name` and is assigned to.
  function assigned(frame, name, words) {
    const here = tokenAt(frame.at);
    for (const i of [here, here - 1, here + 1, here - 2]) {
      if (texts[i] === name) {
        return place(
          frame,
          /^(?:[-+*/%&|^]|\*\*)?=$/.test(texts[i + 1] ?? "") && !/^(?:const|let|var|,)$/.test(texts[i - 1] ?? "")
            ? i + 1
            : /^(?:typeof|new)$/.test(texts[i - 1] ?? "")
            ? i - 1
            : i,
          words,
        );
      }
    }
    return words;
  }

  function property(frame, words) {
    const first = tokenAt(frame.at), end = chainEnd(first);
    if (isDot(end - 2) && texts[end] === "=") return place(frame, end, words(texts[end - 1]));
    for (let i = tokenAt(frame.at), low = i - 60; i >= 0 && i > low; i--) {
      if (!/^(?:[-+*/%&|^]|\*\*)?=$/.test(texts[i])) continue;
      frame.at = begins[i];
      return isDot(i - 2) ? words(texts[i - 1]) : words("");
    }
    return words("");
  }

  return { called, operatorAt, operated, place, nameOrDot, newEnd, readGlobal, assigned, property };
});
