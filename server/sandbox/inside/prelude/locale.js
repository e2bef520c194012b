// What every Intl constructor does with its locales and options. A locale's data come when they are first asked for:
// `load` throws until then, and the event runs again.
(function (host) {
  "use strict";
  const { load } = host;
  const DEFAULT = "en-US";
  const split = (text, by) => text.split(by);

  function tagsOf(locales) {
    if (locales === undefined) return [];
    const list = typeof locales === "string" || locales instanceof String ? [String(locales)] : Array.from(locales);
    return list.map((tag) => {
      if (typeof tag !== "string" && typeof tag !== "object") throw new TypeError("Incorrect locale information provided");
      if (!/^[A-Za-z]{2,8}([-][A-Za-z\d]{1,8})*$/.test(String(tag))) throw new RangeError("Incorrect locale information provided");
      return canonical(String(tag));
    });
  }

  function canonical(tag) {
    const [language, ...rest] = split(tag, "-");
    return [language.toLowerCase(), ...rest.map((part) =>
      part.length === 2 ? part.toUpperCase() : part.length === 4 ? part[0].toUpperCase() + part.slice(1).toLowerCase() : part.toLowerCase())].join("-");
  }

  const plainTag = (tag) => tag.replace(/-u-.*$/, "");

  // The first locale that there are data for; a region that is not known falls back to its language.
  function resolve(locales) {
    for (const tag of tagsOf(locales)) {
      for (let at = plainTag(tag); at; at = at.replace(/-?[^-]*$/, "")) {
        const data = load("locale:" + at);
        if (data) return { tag: at, data };
      }
    }
    return { tag: DEFAULT, data: load("locale:" + DEFAULT) };
  }

  function option(options, name, allowed, otherwise) {
    const value = options[name];
    if (value === undefined) return otherwise;
    const text = String(value);
    if (allowed && !allowed.includes(text)) throw new RangeError(`Value ${text} out of range for Intl options property ${name}`);
    return text;
  }

  function digitsOption(options, name, low, high, otherwise) {
    const value = options[name];
    if (value === undefined) return otherwise;
    const number = Number(value);
    if (!(number >= low && number <= high)) throw new RangeError(`${name} value is out of range.`);
    return Math.floor(number);
  }

  const supported = (locales) => tagsOf(locales).filter((tag) => load("locale:" + plainTag(tag)));

  return { supported, canonicalTag: canonical, tagsOf, resolve, option, digitsOption, split, plainTag };
});
