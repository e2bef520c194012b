// What was called that cannot be called, or was handed to be called, in V8's words.
(function (host) {
  "use strict";
  const { load } = host;
  const { texts, partners, tokenAt, isName, isDot, endsValue, chainStart, chainEnd, shown, around } = load("source");
  const { place, newEnd } = load("places");
  const { unknown, valueOf, argument } = load("values");

  function notAFunction(frame, _, native) {
    if (native) return notACallback(frame, native);
    let i = tokenAt(frame.at);
    if (texts[i] === "(" && endsValue(i - 1)) return notCalled(frame, i - 1);
    if (texts[i] === "[" && endsValue(i - 1)) {
      while (texts[i] === "[" || isDot(i)) i = texts[i] === "[" ? partners[i] + 1 : i + 2;
      return notCalled(frame, i - 1);
    }
    if (texts[i - 1] === "new") return place(frame, i - 1, `${shown(i, newEnd(i))} is not a constructor`);
    while (texts[i] !== "." && texts[i - 1] === "." && texts[i + 1] !== "(") i++;
    if (isDot(i)) return notCalled(frame, i + 1);
    if (texts[i] === "new" && isName(i + 1)) return place(frame, i, `${shown(i + 1, newEnd(i + 1))} is not a constructor`);
    const end = chainEnd(i);
    for (let j = i + 1; j < end; j++) {
      if (texts[j] !== "(" && texts[j] !== "`") continue;
      const last = texts[j - 1] === "?." ? j - 2 : j - 1;
      if (last >= i && endsValue(last)) return notCalled(frame, last);
    }
    for (let open = around(i), steps = 0; open > 0 && steps < 8; open = around(open), steps++) {
      if (texts[open] === "(" && endsValue(open - 1)) return notCalled(frame, open - 1);
    }
    return "value is not a function";
  }

  // `last` is the last token of what was called.
  function notCalled(frame, last) {
    const first = chainStart(last);
    const at = isDot(last - 1) ? last : texts[last] === "]" && partners[last] > first ? last + 1 : first;
    return place(frame, at, `${shown(first, last + 1)} is not a function`);
  }

  function notACallback(frame, native) {
    const given = argument(frame, native);
    const value = given ? valueOf(...given) : undefined;
    if (native === "sort" || native === "toSorted") return "The comparison function must be either a function or undefined";
    const said = value === unknown ? "undefined" : Array.isArray(value) ? "[object Array]" : value !== null && typeof value === "object" ? "#<Object>" : String(value);
    return native === "Promise" ? `Promise resolver ${said} is not a function` : `${said} is not a function`;
  }

  return { notAFunction };
});
