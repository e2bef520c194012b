// Intl, and the methods of the language that stand on it. Dates and numbers come when one of them is written.
(function (host) {
  "use strict";
  const { tagsOf, canonical } = host.load("locale");
  const dates = (...given) => new (host.load("dates").DateTimeFormat)(...given);
  const amounts = (...given) => new (host.load("numbers").NumberFormat)(...given);
  const lazy = (part, name) => ({ get: () => define(name, callable(host.load(part)[name], name)), set: (value) => define(name, value), configurable: true });
  const define = (name, value) => (Object.defineProperty(Intl, name, { value, writable: true, configurable: true }), value);

  function dated(date, locales, options, needed, usual, name) {
    const service = "Date.prototype." + name;
    if (!isDate(date)) throw new TypeError(`Method ${service} called on incompatible receiver ${String(date)}`);
    const time = getTime.call(date);
    return isNaN(time) ? "Invalid Date" : dates(locales, options, needed, usual, service).format(time);
  }
  const { getTime } = Date.prototype;
  function isDate(value) {
    try {
      getTime.call(value);
      return true;
    } catch {
      return false;
    }
  }
  const TURKIC = (locales) => /^(tr|az)(-|$)/.test(tagsOf(locales)[0] ?? "");
  const stamps = { date: Date.prototype.toDateString, iso: Date.prototype.toISOString };
  const clock = (date) => stamps.iso.call(date).replace(/^.*T|\..*$/g, "") + " GMT+0000 (Coordinated Universal Time)";
  const methods = {
    toString() { return isNaN(this) ? "Invalid Date" : stamps.date.call(this) + " " + clock(this); },
    toTimeString() { return isNaN(this) ? "Invalid Date" : clock(this); },
    toLocaleString(locales, options) { return dated(this, locales, options, "any", "all", "toLocaleString"); },
    toLocaleDateString(locales, options) { return dated(this, locales, options, "date", "date", "toLocaleDateString"); },
    toLocaleTimeString(locales, options) { return dated(this, locales, options, "time", "time", "toLocaleTimeString"); },
  };
  const { valueOf: numberOf } = Number.prototype, { valueOf: bigOf } = BigInt.prototype;
  const numbers = { toLocaleString(locales, options) {
    if (typeof this !== "number" && Object.prototype.toString.call(this) !== "[object Number]") throw new TypeError("Number.prototype.toLocaleString requires that 'this' be a Number");
    return amounts(locales, options, "Number.prototype.toLocaleString").format(numberOf.call(this));
  } };
  const bigs = { toLocaleString(locales, options) { return amounts(locales, options, "BigInt.prototype.toLocaleString").format(bigOf.call(this)); } };
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
    const either = new Proxy(kind, { apply(target, _, args) {
      if (FREE.includes(name)) return new target(...args.slice(0, 2));
      throw new TypeError(`Constructor Intl.${name} requires 'new'`);
    }, construct: (target, args, made) => Reflect.construct(target, args.slice(0, 2), made === either ? target : made) });
    Object.defineProperty(kind.prototype, "constructor", { value: either, writable: true, configurable: true });
    return either;
  }

  const KEYS = ["calendar", "collation", "currency", "numberingSystem", "timeZone", "unit"];
  const Intl = {};
  const hidden = (name, value) => Object.defineProperty(Intl, name, { value, writable: true, configurable: true });
  hidden("getCanonicalLocales", function getCanonicalLocales(locales) { return tagsOf(locales); });
  hidden("supportedValuesOf", function supportedValuesOf(key) {
    if (!KEYS.includes(String(key))) throw new RangeError(`Invalid key : ${String(key)}`);
    return [...host.load("values:" + key)];
  });
  Object.defineProperty(Intl, "DateTimeFormat", lazy("dates", "DateTimeFormat"));
  Object.defineProperty(Intl, "NumberFormat", lazy("numbers", "NumberFormat"));
  Object.defineProperty(Intl, "Collator", lazy("order", "Collator"));
  for (const name of ["PluralRules", "RelativeTimeFormat", "ListFormat"]) Object.defineProperty(Intl, name, lazy("words", name));
  Object.defineProperty(Intl, "Locale", lazy("tags", "Locale"));
  Object.defineProperty(Intl, "DisplayNames", lazy("words", "DisplayNames"));
  Object.defineProperty(Intl, "Segmenter", lazy("segments", "Segmenter"));
  Object.defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });
  return {
    Intl,
    "Number.toLocaleString": numbers.toLocaleString, "BigInt.toLocaleString": bigs.toLocaleString,
    "Date.toLocaleString": methods.toLocaleString, "Date.toLocaleDateString": methods.toLocaleDateString,
    "Date.toLocaleTimeString": methods.toLocaleTimeString, "Date.toString": methods.toString, "Date.toTimeString": methods.toTimeString,
    "Array.toLocaleString": lists.toLocaleString, "String.localeCompare": strings.localeCompare,
    "String.toLocaleUpperCase": strings.toLocaleUpperCase, "String.toLocaleLowerCase": strings.toLocaleLowerCase,
  };
});
