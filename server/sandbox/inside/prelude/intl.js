// Intl, and the methods of the language that stand on it.
(function (host) {
  "use strict";
  const { tagsOf } = host.load("locale");
  const { NumberFormat } = host.load("numbers");
  const { DateTimeFormat } = host.load("dates");
  const lazy = (part, name) => ({ get: () => define(name, callable(host.load(part)[name], name)), set: (value) => define(name, value), configurable: true });
  const define = (name, value) => (Object.defineProperty(Intl, name, { value, writable: true, configurable: true }), value);

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
    localeCompare(other, locales, options) { return host.load("order").compare(String(this), String(other), locales, options); },
    toLocaleUpperCase(locales) { return upper.call(/^lt(-|$)/.test(tagsOf(locales)[0] ?? "") ? String(this).replace(/([ijį])\u0307/gi, "$1") : TURKIC(locales) ? String(this).replaceAll("i", "İ") : this); },
    toLocaleLowerCase(locales) { return lower.call(TURKIC(locales) ? String(this).replaceAll("İ", "i").replaceAll("I", "ı") : this); },
  };

  // The language lets these three be called without `new`; the others say that they need it.
  const FREE = ["NumberFormat", "DateTimeFormat", "Collator"];
  function callable(kind, name = kind.name) {
    Object.defineProperty(kind.prototype, Symbol.toStringTag, { value: "Intl." + name, configurable: true });
    if (!FREE.includes(name)) return kind;
    const either = new Proxy(kind, { apply: (target, _, args) => new target(...args) });
    Object.defineProperty(kind.prototype, "constructor", { value: either, writable: true, configurable: true });
    return either;
  }

  const Intl = {
    getCanonicalLocales: (locales) => [...new Set(tagsOf(locales))],
    supportedValuesOf: (key) => (key === "currency" ? Object.keys(host.load("currencies:en-US").names).sort() : []),
  };
  define("NumberFormat", callable(NumberFormat));
  define("DateTimeFormat", callable(DateTimeFormat));
  for (const name of ["PluralRules", "RelativeTimeFormat", "ListFormat", "DisplayNames"]) Object.defineProperty(Intl, name, lazy("words", name));
  Object.defineProperty(Intl, "Collator", lazy("order", "Collator"));
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
