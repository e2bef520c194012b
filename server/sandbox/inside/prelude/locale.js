// What every Intl constructor does with its locales and options. A locale's data come when they are first asked for:
// `load` throws until then, and the event runs again.
(function (host) {
  "use strict";
  const { load } = host;
  const DEFAULT = "en-US";
  const ALIASES = { iw: "he", in: "id", ji: "yi", tl: "fil", no: "nb", mo: "ro", sh: "sr-Latn", "zh-min-nan": "nan", jw: "jv", cmn: "zh" };
  const split = (text, by) => text.split(by);
  const wrong = () => new RangeError("Incorrect locale information provided");

  function tagsOf(locales) {
    if (locales === undefined) return [];
    if (locales === null) throw new TypeError("Cannot convert undefined or null to object");
    if (typeof locales === "string") return [canonical(locales, true)];
    if (isLocale(locales)) return [String(locales)];
    const tags = [], list = Object(locales), length = Math.min(Math.max(Math.trunc(Number(list.length)) || 0, 0), 1000);
    for (let i = 0; i < length; i++) {
      if (!(i in list)) continue;
      const tag = list[i];
      if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) throw new TypeError("Language ID should be string or object.");
      const made = isLocale(tag) ? String(tag) : canonical(String(tag));
      if (!tags.includes(made)) tags.push(made);
    }
    return tags;
  }
  const isLocale = (value) => Object.prototype.toString.call(value) === "[object Intl.Locale]";

  // Letters as they are usually written; old names replaced; what comes behind `-u-` in order.
  function canonical(tag) {
    if (!/^[A-Za-z]{2,3}(?:-[A-Za-z\d]{1,8})*-?$|^[A-Za-z]{5,8}(?:-[A-Za-z\d]{1,8})*$/.test(tag)) throw wrong();
    if (tag.endsWith("-")) throw new RangeError("Invalid language tag: " + tag);
    const [plain, extension = ""] = split(tag.toLowerCase().replace(/-u-/, "\0"), "\0");
    const [first, ...rest] = split(plain, "-");
    let position = 0, single = false;
    const parts = rest.map((part) => {
      if (part.length === 1) single = true;
      if (single) return part;
      if (position < 1 && /^[a-z]{4}$/.test(part)) return (position = 1), part[0].toUpperCase() + part.slice(1);
      if (position < 2 && /^(?:[a-z]{2}|\d{3})$/.test(part)) return (position = 2), part.toUpperCase();
      if (/^(?:[a-z\d]{5,8}|\d[a-z\d]{3})$/.test(part)) return (position = 3), part;
      if (position === 0 && /^[a-z]{3}$/.test(part)) return part;
      throw wrong();
    });
    const language = ALIASES[first] ?? first;
    const keywords = extensionOf(extension);
    return [language, ...parts].join("-") + (keywords ? "-u-" + keywords : "");
  }

  function extensionOf(text) {
    if (!text) return "";
    const found = [...text.matchAll(/(?:^|-)([a-z\d][a-z])((?:-[a-z\d]{3,8})*)(?=-|$)/g)].map(([, key, value]) => [key, value === "-true" || value === "-yes" ? "" : value]);
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => key + value).join("-");
  }

  const plainTag = (tag) => tag.replace(/-u-.*$/, "");
  const keywordsOf = (tag) => {
    const words = {};
    for (const [, key, value] of (/-u-(.*)$/.exec(tag)?.[1] ?? "").matchAll(/(?:^|-)([a-z\d][a-z])((?:-[a-z\d]{3,8})*)(?=-|$)/g)) words[key] = value.slice(1);
    return words;
  };

  // The first locale that there are data for; a region that is not known falls back to its language. Of what stands
  // behind `-u-`, only `keys` count, where `options` do not say the same thing.
  function resolve(locales, keys = [], options = {}) {
    for (const tag of tagsOf(locales)) {
      const known = load("locale:" + plainTag(tag));
      if (!known) continue;
      const words = keywordsOf(tag), wishes = {};
      for (const key of keys) if (words[key] !== undefined) wishes[key] = words[key];
      for (const key of Object.keys(options)) if (options[key] !== undefined) wishes[key] = options[key];
      return { tag: known.tag, stored: known.stored, data: known, wishes, words };
    }
    const known = load("locale:" + DEFAULT);
    return { tag: DEFAULT, stored: known.stored, data: known, wishes: { ...options }, words: {} };
  }

  // The tag with the extensions that took effect.
  const extended = (tag, words, taken) => {
    const kept = Object.keys(taken).filter((key) => words[key] !== undefined && words[key] === taken[key]).sort();
    return kept.length ? tag + "-u-" + kept.map((key) => (words[key] ? key + "-" + words[key] : key)).join("-") : tag;
  };

  // With the digits that were asked for: `nu` of the tag or the option numberingSystem.
  const numbersOf = ({ data, stored, wishes }) => (wishes.nu && wishes.nu !== data.system ? load("locale:" + data.tag + "|" + wishes.nu) ?? data : data);

  function option(options, name, allowed, otherwise, service) {
    const value = options[name];
    if (value === undefined) return otherwise;
    const text = String(value);
    if (allowed && !allowed.includes(text)) throw new RangeError(`Value ${text} out of range for ${service} options property ${name}`);
    return text;
  }

  function digitsOption(options, name, low, high, otherwise) {
    const value = options[name];
    if (value === undefined) return otherwise;
    const number = Number(value);
    if (!(number >= low && number <= high)) throw new RangeError(`${name} value is out of range.`);
    return Math.floor(number);
  }

  function optionsOf(options) {
    if (options === null) throw new TypeError("Cannot convert undefined or null to object");
    return options === undefined ? {} : Object(options);
  }

  function matcher(options, service) {
    option(options, "localeMatcher", ["lookup", "best fit"], undefined, service);
  }

  const supported = (locales) => tagsOf(locales).filter((tag) => load("locale:" + plainTag(tag)));
  const system = (options, name) => {
    const value = option(options, name);
    if (value !== undefined && !/^[A-Za-z\d]{3,8}(?:-[A-Za-z\d]{3,8})*$/.test(value)) throw new RangeError(`Invalid ${name} : ${value}`);
    return value?.toLowerCase();
  };

  // Western digits as the locale writes them.
  const digitized = (text, digits) => (digits === "0123456789" ? text : text.replace(/\d/g, (digit) => Array.from(digits)[digit]));

  return { supported, canonical, tagsOf, resolve, extended, numbersOf, option, digitsOption, optionsOf, matcher, system, split, plainTag, keywordsOf, digitized };
});
