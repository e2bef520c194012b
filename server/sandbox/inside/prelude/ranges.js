// Intl.DateTimeFormat.prototype.formatRange: what both ends share is written once, where the locale has a pattern for
// it.
(function (host) {
  "use strict";
  const { load } = host;

  // The largest field in which two moments differ, as CLDR's letter.
  function difference(one, two, step) {
    const pairs = [["G", "era"], ["y", "year"], ["M", "month"], ["d", "day"]];
    for (const [letter, name] of pairs) if (one[name] !== two[name]) return letter;
    const [a, b] = [one.local, two.local];
    if (a.getUTCHours() < 12 !== b.getUTCHours() < 12) return "a";
    if (a.getUTCHours() !== b.getUTCHours()) return "h";
    if (a.getUTCMinutes() !== b.getUTCMinutes()) return "m";
    if (a.getUTCSeconds() !== b.getUTCSeconds()) return "s";
    return Math.floor(a.getUTCMilliseconds() / step) !== Math.floor(b.getUTCMilliseconds() / step) ? "S" : "";
  }

  function partsOfRange(form, [tag, calendar, cycle], from, to, partsOf) {
    const marked = (parts, source) => parts.map((part) => ({ ...part, source }));
    const skeleton = form.pattern.replace(/'[^']*'|[^A-Za-z]/g, "");
    const field = difference(from, to, 10 ** (3 - (/S+/.exec(skeleton)?.[0].length ?? -Infinity)));
    const range = field && load(["range:" + tag, calendar, cycle, skeleton, field === "S" ? "s" : field].join("|"));
    // One moment is written as `format` writes it.
    if (!field || range.same) {
      return marked(partsOf(form, form.pattern, false), "shared").map((part) => ({
        ...part,
        value: part.value.replaceAll("\u202f", " "),
      }));
    }
    if (!range.pattern) {
      const [before, between, after] = range.fallback.split(/\{[01]\}/);
      const literal = (value) => (value ? [{ type: "literal", value, source: "shared" }] : []);
      const whole = range.whole ?? form;
      return [
        ...literal(before),
        ...marked(partsOf(whole, whole.pattern, false), "startRange"),
        ...literal(between),
        ...marked(partsOf(whole, whole.pattern, true), "endRange"),
        ...literal(after),
      ];
    }
    const [first, second] = range.pattern;
    const parts = [
      ...marked(partsOf(range, first, false), "startRange"),
      ...marked(partsOf(range, second, true), "endRange"),
    ];
    return shared(parts);
  }

  // A field that occurs once belongs to both ends, and so does what stands beside it.
  function shared(parts) {
    const twice = (type) =>
      parts.some((part) => part.type === type && part.source === "startRange") &&
      parts.some((part) => part.type === type && part.source === "endRange");
    const own = parts.map((part) => part.type !== "literal" && twice(part.type));
    for (const source of ["startRange", "endRange"]) {
      const first = parts.findIndex((part, i) => own[i] && part.source === source),
        last = parts.findLastIndex((part, i) => own[i] && part.source === source);
      parts.forEach((part, i) => part.source === source && (i < first || i > last) && (part.source = "shared"));
    }
    return joined(parts);
  }

  function joined(parts) {
    const out = [];
    for (const part of parts) {
      const last = out.at(-1);
      if (last && last.type === "literal" && part.type === "literal" && last.source === part.source) {
        last.value += part.value;
      } else out.push({ ...part });
    }
    return out;
  }

  return { partsOfRange };
});
