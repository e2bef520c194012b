// Intl, and the methods of the language that stand on it.
(function (host) {
  "use strict";
  const { tagsOf, resolve, option } = host.load("locale");
  const { NumberFormat } = host.load("numbers");
  const { DateTimeFormat } = host.load("dates");

  function dated(date, locales, options, needed, usual) {
    const time = Date.prototype.getTime.call(date);
    return isNaN(time) ? "Invalid Date" : new DateTimeFormat(locales, options, needed, usual).format(time);
  }
  const TURKIC = (locales) => /^(tr|az)(-|$)/.test(tagsOf(locales)[0] ?? "");
  const stamps = { date: Date.prototype.toDateString, iso: Date.prototype.toISOString };
  const clock = (date) => stamps.iso.call(date).replace(/^.*T|\..*$/g, "") + " GMT+0000 (Coordinated Universal Time)";
  const methods = {
    toString() { return isNaN(this) ? "Invalid Date" : stamps.date.call(this) + " " + clock(this); },
    toTimeString() { return isNaN(this) ? "Invalid Date" : clock(this); },
    toLocaleString(locales, options) { return dated(this, locales, options, "any", "all"); },
    toLocaleDateString(locales, options) { return dated(this, locales, options, "date", "date"); },
    toLocaleTimeString(locales, options) { return dated(this, locales, options, "time", "time"); },
  };
  const numbers = { toLocaleString(locales, options) { return new NumberFormat(locales, options).format(this.valueOf()); } };
  const lists = {
    toLocaleString(locales, options) {
      return Array.from(this, (item) => (item === undefined || item === null ? "" : item.toLocaleString(locales, options))).join(",");
    },
  };
  const lower = String.prototype.toLowerCase, upper = String.prototype.toUpperCase;
  const strings = {
    localeCompare(other) { return compare(String(this), String(other)); },
    toLocaleUpperCase(locales) { return upper.call(TURKIC(locales) ? String(this).replaceAll("i", "İ") : this); },
    toLocaleLowerCase(locales) { return lower.call(TURKIC(locales) ? String(this).replaceAll("İ", "i").replaceAll("I", "ı") : this); },
  };

  // The root order for Latin, Greek and Cyrillic text: signs, digits, letters; then accents; then small before capital.
  const bare = (text) => text.normalize("NFD").replace(/\p{M}/gu, "");
  const rank = (character) => (/\s/.test(character) ? 0 : /[\p{P}\p{S}]/u.test(character) ? 1 : /\p{N}/u.test(character) ? 2 : 3);
  function compare(a, b, { numeric = false, sensitivity = "variant" } = {}) {
    const [left, right] = [bare(a).toLowerCase(), bare(b).toLowerCase()];
    const pieces = (text) => (numeric ? text.match(/\d+|[^]/gu) ?? [] : Array.from(text));
    const [one, two] = [pieces(left), pieces(right)];
    for (let i = 0; i < Math.max(one.length, two.length); i++) {
      if (one[i] === two[i]) continue;
      if (one[i] === undefined || two[i] === undefined) return one[i] === undefined ? -1 : 1;
      const numbersBoth = numeric && /^\d/.test(one[i]) && /^\d/.test(two[i]);
      const order = numbersBoth ? Number(one[i]) - Number(two[i]) : rank(one[i]) - rank(two[i]) || (one[i] < two[i] ? -1 : 1);
      if (order) return order < 0 ? -1 : 1;
    }
    const [x, y] = [a.normalize("NFC"), b.normalize("NFC")];
    if (sensitivity === "base" || x === y) return 0;
    const accents = x.toLowerCase() < y.toLowerCase() ? -1 : x.toLowerCase() > y.toLowerCase() ? 1 : 0;
    if (accents && sensitivity !== "case") return accents;
    return sensitivity === "accent" ? 0 : x > y ? -1 : 1;
  }

  class Collator {
    #options; #compare;
    constructor(locales, options = {}) {
      this.#options = { locale: resolve(locales).tag, usage: "sort", sensitivity: option(options, "sensitivity", ["base", "accent", "case", "variant"], "variant"), numeric: Boolean(options.numeric) };
    }
    get compare() { return (this.#compare ??= (a, b) => compare(String(a), String(b), this.#options)); }
    resolvedOptions() { return { ...this.#options }; }
  }

  // The language lets these three be called without `new`.
  function callable(kind) {
    const either = new Proxy(kind, { apply: (target, _, args) => new target(...args) });
    Object.defineProperty(kind.prototype, "constructor", { value: either, writable: true, configurable: true });
    return either;
  }

  const Intl = {
    NumberFormat: callable(NumberFormat), DateTimeFormat: callable(DateTimeFormat), Collator: callable(Collator),
    getCanonicalLocales: (locales) => [...new Set(tagsOf(locales))],
    supportedValuesOf: () => [],
  };
  for (const kind of [NumberFormat, DateTimeFormat, Collator]) {
    Object.defineProperty(kind.prototype, Symbol.toStringTag, { value: "Intl." + kind.name, configurable: true });
  }
  Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
  return {
    Intl,
    "Number.toLocaleString": numbers.toLocaleString, "BigInt.toLocaleString": numbers.toLocaleString,
    "Date.toLocaleString": methods.toLocaleString, "Date.toLocaleDateString": methods.toLocaleDateString,
    "Date.toLocaleTimeString": methods.toLocaleTimeString, "Date.toString": methods.toString, "Date.toTimeString": methods.toTimeString,
    "Array.toLocaleString": lists.toLocaleString, "String.localeCompare": strings.localeCompare,
    "String.toLocaleUpperCase": strings.toLocaleUpperCase, "String.toLocaleLowerCase": strings.toLocaleLowerCase,
  };
});
