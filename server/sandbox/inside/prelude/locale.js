// What every Intl constructor does with its locales and options. A locale's data come when they are first asked for:
// `load` throws until then, and the event runs again.
(function (host) {
  "use strict";
  const { load } = host;
  const DEFAULT = "en-US";
  const split = (text, by) => text.split(by);
  const wrong = () => new RangeError("Incorrect locale information provided");

  function tagsOf(locales) {
    if (locales === undefined) return [];
    if (locales === null) throw new TypeError("Cannot convert undefined or null to object");
    if (typeof locales === "string") return [canonical(locales)];
    if (tagOf(locales)) return [tagOf(locales)];
    const tags = [], list = Object(locales), length = Math.min(Math.max(Math.trunc(Number(list.length)) || 0, 0), 1000);
    for (let i = 0; i < length; i++) {
      if (!(i in list)) continue;
      const tag = list[i];
      if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) {
        throw new TypeError("Language ID should be string or object.");
      }
      const made = tagOf(tag) || canonical(`${tag}`);
      if (!tags.includes(made)) {
        defineProperty(tags, tags.length, { value: made, writable: true, enumerable: true, configurable: true });
      }
    }
    return tags;
  }
  const { defineProperty } = Object;
  // What the objects of Intl.Locale are in truth, whatever their methods say.
  const locales = new WeakMap();
  const tagOf = (value) => (typeof value === "object" && value !== null ? locales.get(value) ?? "" : "");

  // Most tags are written as they should be; Python knows the grammar and the old names.
  const USUAL = /^[a-z]{2}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?$/;
  const OLD =
    /^(?:in|iw|ji|jw|mo|sh|tl)(?:-|$)|-Qaai|^sgn|-(?:AN|BU|C[ST]|D[DY]|F[QX]|HV|JT|MI|N[HQT]|P[CUZ]|QU|RH|SU|TP|UK|VD|WK|Y[DU]|ZR)$/;
  // Language, script, region and variants are right; of what is wrong behind them V8 says more.
  const HEAD =
    /^(?:[a-z]{2,3}|[a-z]{5,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-(?:[a-z\d](?:-[a-z\d-]*)?)?)?$/i;
  function canonical(tag) {
    if (USUAL.test(tag) && !OLD.test(tag)) return tag;
    const made = /^[A-Za-z\d-]{2,140}$/.test(tag) ? load("canonical:" + tag.toLowerCase()) : null;
    if (made === null) throw HEAD.test(tag) ? new RangeError("Invalid language tag: " + tag.toLowerCase()) : wrong();
    return made;
  }

  // The part behind `-u-`, which ends where another letter stands alone.
  const extensionOf = (tag) => /-u((?:-[a-z\d]{2,8})+)/.exec(tag.replace(/-x-.*$/, ""));
  const plainTag = (tag) => tag.replace(extensionOf(tag)?.[0] ?? "", "");
  const keywordsOf = (tag) => {
    const words = { __proto__: null };
    for (
      const [, key, value] of (extensionOf(tag)?.[1] ?? "").matchAll(/-([a-z\d][a-z])((?:-[a-z\d]{3,8})*)(?=-|$)/g)
    ) words[key] = value.slice(1);
    return words;
  };
  const attributesOf = (tag) => /^(?:-[a-z\d]{3,8})*/.exec(extensionOf(tag)?.[1] ?? "")[0];

  // The first locale that there are data for; a region that is not known falls back to its language. Of what stands
  // behind `-u-`, only `keys` count, where `options` do not say the same thing.
  function resolve(locales, keys = [], options = {}) {
    for (const tag of tagsOf(locales)) {
      const known = load("locale:" + plainTag(tag));
      if (!known) continue;
      const words = keywordsOf(tag), wishes = { __proto__: null };
      for (const key of keys) if (words[key] !== undefined) wishes[key] = words[key];
      for (const key of Object.keys(options)) if (options[key] !== undefined) wishes[key] = options[key];
      return { tag: known.tag, stored: known.stored, data: known, wishes, words };
    }
    const known = load("locale:" + DEFAULT);
    return {
      tag: DEFAULT,
      stored: known.stored,
      data: known,
      wishes: { __proto__: null, ...options },
      words: { __proto__: null },
    };
  }

  // The tag with the extensions that took effect, which come in order.
  const extended = (tag, words, taken) => {
    const kept = Object.keys(taken).filter((key) => words[key] !== undefined && words[key] === taken[key]);
    let made = kept.length ? tag + "-u" : tag;
    for (const key of kept) made += words[key] ? `-${key}-${words[key]}` : "-" + key;
    return made;
  };

  // With the digits that were asked for: `nu` of the tag or the option numberingSystem.
  const numbersOf = (
    { data, wishes },
  ) => (wishes.nu && wishes.nu !== data.system ? load("locale:" + data.tag + "|" + wishes.nu) ?? data : data);

  function option(options, name, allowed, otherwise, service) {
    const value = options[name];
    if (value === undefined) return otherwise;
    const text = `${value}`;
    if (allowed && !allowed.includes(text)) {
      throw new RangeError(`Value ${text} out of range for ${service} options property ${name}`);
    }
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
    return options === undefined ? { __proto__: null } : Object(options);
  }
  // The newer constructors take no text or number for options.
  function objectOf(options) {
    if (options === undefined) return { __proto__: null };
    if (options === null || (typeof options !== "object" && typeof options !== "function")) {
      throw new TypeError("invalid_argument");
    }
    return options;
  }

  function matcher(options, service) {
    option(options, "localeMatcher", ["lookup", "best fit"], undefined, service);
  }

  function supported(locales, options) {
    const tags = tagsOf(locales);
    if (options !== undefined) matcher(optionsOf(options), "Intl");
    return tags.filter((tag) => load("locale:" + plainTag(tag)));
  }

  // What `Intl.NumberFormat.call(old)` made stands behind this name; its methods look there.
  const FALLBACK = Symbol("IntlLegacyConstructedSymbol");
  const behind = (value, isOne, kind) => (isOne || !(value instanceof kind) ? value : value[FALLBACK]);
  const system = (options, name) => {
    const value = option(options, name);
    if (value !== undefined && !/^[A-Za-z\d]{3,8}(?:-[A-Za-z\d]{3,8})*$/.test(value)) {
      throw new RangeError(`Invalid ${name} : ${value}`);
    }
    return value?.toLowerCase();
  };

  // Western digits as the locale writes them.
  const digitized = (
    text,
    digits,
  ) => (digits === "0123456789" ? text : text.replace(/\d/g, (digit) => Array.from(digits)[digit]));

  return {
    supported,
    FALLBACK,
    behind,
    locales,
    attributesOf,
    objectOf,
    canonical,
    tagsOf,
    resolve,
    extended,
    numbersOf,
    option,
    digitsOption,
    optionsOf,
    matcher,
    system,
    split,
    plainTag,
    keywordsOf,
    digitized,
  };
});
