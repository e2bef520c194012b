// Intl.Collator and localeCompare: signs, digits, letters; then accents; then small before capital.
(function (host) {
  "use strict";
  const { resolve, option, supported, tagsOf, matcher } = host.load("locale");
  const SIGNS = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
  // Letters that are letters of their own: `ñ` comes after `n`, `å` after `z`.
  const OWN = {
    es: { "ñ": "n" }, sv: { "å": "z", "ä": "z", "ö": "z" }, fi: { "å": "z", "ä": "z", "ö": "z" }, da: { "æ": "z", "ø": "z", "å": "z" }, nb: { "æ": "z", "ø": "z", "å": "z" },
    tr: { "ç": "c", "ğ": "g", "ı": "h", "ö": "o", "ş": "s", "ü": "u" }, az: { "ç": "c", "ğ": "g", "ı": "h", "ö": "o", "ş": "s", "ü": "u" },
    pl: { "ą": "a", "ć": "c", "ę": "e", "ł": "l", "ń": "n", "ó": "o", "ś": "s", "ź": "z", "ż": "z" },
  };
  const EXPANDED = { "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "þ": "th" };

  // The keys of a text: one list of what counts first, one of accents, one of case.
  function keysOf(text, own, numeric, ignore) {
    const first = [], accents = [], cases = [];
    const pieces = text.normalize("NFC").match(numeric ? /\d+|[^]/gu : /[^]/gu) ?? [];
    for (const piece of pieces) {
      if (/^\d/.test(piece)) {
        first.push(numeric ? [2, Number(piece)] : [2, Number(piece)]);
        accents.push("");
        cases.push(0);
        continue;
      }
      const small = piece.toLowerCase(), capital = piece !== small ? 1 : 0;
      if (own?.[small]) {
        first.push([4, own[small] + "\uffff" + Object.keys(own).indexOf(small)]);
        accents.push("");
        cases.push(capital);
        continue;
      }
      if (/[\p{P}\p{S}\s]/u.test(piece)) {
        if (ignore) continue;
        first.push(/\s/.test(piece) ? [0, 0] : [1, SIGNS.includes(piece) ? SIGNS.indexOf(piece) : 100 + piece.codePointAt(0)]);
        accents.push("");
        cases.push(0);
        continue;
      }
      const plain = small.normalize("NFD"), letters = EXPANDED[small] ?? plain.replace(/\p{M}/gu, "");
      for (const letter of letters) {
        first.push([4, letter]);
        accents.push(plain.replace(/[^\p{M}]/gu, "") || (letters !== plain ? small : ""));
        cases.push(capital);
      }
    }
    return { first, accents, cases };
  }

  function order(one, two) {
    for (let i = 0; i < Math.max(one.length, two.length); i++) {
      if (i >= one.length) return -1;
      if (i >= two.length) return 1;
      const [a, x] = Array.isArray(one[i]) ? one[i] : [0, one[i]], [b, y] = Array.isArray(two[i]) ? two[i] : [0, two[i]];
      if (a !== b) return a < b ? -1 : 1;
      if (x !== y) return x < y ? -1 : 1;
    }
    return 0;
  }

  function collate(a, b, { own, numeric, sensitivity, ignorePunctuation, caseFirst }) {
    if (a === b) return 0;
    const one = keysOf(a, own, numeric, ignorePunctuation), two = keysOf(b, own, numeric, ignorePunctuation);
    const upper = caseFirst === "upper" ? -1 : 1;
    return (
      order(one.first, two.first) ||
      (sensitivity === "accent" || sensitivity === "variant" ? order(one.accents, two.accents) : 0) ||
      (sensitivity === "case" || sensitivity === "variant" ? upper * order(one.cases, two.cases) : 0)
    );
  }

  function optionsOf(locales, options) {
    const given = options === undefined ? {} : Object(options);
    const extension = /-u-(.*)$/.exec(tagsOf(locales)[0] ?? "")?.[1] ?? "";
    const locale = locales === undefined || !tagsOf(locales).length ? "en-US" : resolve(locales).tag;
    return {
      locale, usage: option(given, "usage", ["sort", "search"], "sort"), sensitivity: option(given, "sensitivity", ["base", "accent", "case", "variant"], "variant"),
      ignorePunctuation: Boolean(given.ignorePunctuation ?? /^th\b/.test(locale)), collation: "default", numeric: Boolean(given.numeric ?? /\bkn\b/.test(extension)),
      caseFirst: option(given, "caseFirst", ["upper", "lower", "false"], "false"),
    };
  }
  const ownOf = (locale) => OWN[locale.split("-")[0]];

  class Collator {
    #options; #compare;
    constructor(locales, options) { this.#options = optionsOf(locales, options); }
    static supportedLocalesOf(locales) { return supported(locales); }
    get compare() {
      const options = { ...this.#options, own: ownOf(this.#options.locale) };
      return (this.#compare ??= (a, b) => collate(String(a), String(b), options));
    }
    resolvedOptions() { return { ...this.#options }; }
  }

  const plain = { own: undefined, numeric: false, sensitivity: "variant", ignorePunctuation: false, caseFirst: "false" };
  function compare(a, b, locales, options) {
    if (locales === undefined && options === undefined) return collate(a, b, plain);
    const made = optionsOf(locales, options);
    return collate(a, b, { ...made, own: ownOf(made.locale) });
  }

  return { Collator, compare };
});
