// Intl.Locale.
(function (host) {
  "use strict";
  const { canonical, keywordsOf, attributesOf, plainTag, locales, option, optionsOf } = host.load("locale");
  const { load } = host;
  // Option → its key behind `-u-`.
  const KEYS = {
    calendar: "ca",
    collation: "co",
    hourCycle: "hc",
    caseFirst: "kf",
    numeric: "kn",
    numberingSystem: "nu",
  };
  const SERVICE = "Intl.Locale";

  // A tag in two: what names a language, and the extensions behind it.
  const parted = (tag) => [tag.replace(/-[a-z\d]-.*$/, ""), /-[a-z\d]-.*$/.exec(tag)?.[0] ?? ""];
  const yes = (value) => (value === undefined ? undefined : value ? "" : "false");
  function form(options, name, pattern) {
    const text = option(options, name);
    if (text !== undefined && !pattern.test(text)) throw new RangeError("Incorrect locale information provided");
    return text;
  }

  class Locale {
    #tag;
    #words;
    constructor(tag, options) {
      if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) {
        throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
      }
      const text = locales.get(tag) ?? canonical(`${tag}`), given = optionsOf(options);
      const [plain, extensions] = parted(plainTag(text));
      let [language, ...rest] = plain.split("-");
      let script = /^[A-Z][a-z]{3}$/.test(rest[0] ?? "") ? rest.shift() : "",
        region = /^(?:[A-Z]{2}|\d{3})$/.test(rest[0] ?? "") ? rest.shift() : "";
      language = form(given, "language", /^(?:[a-z]{2,3}|[a-z]{5,8})$/i) ?? language;
      script = form(given, "script", /^[a-z]{4}$/i) ?? script;
      region = form(given, "region", /^(?:[a-z]{2}|\d{3})$/i) ?? region;
      const words = keywordsOf(text);
      for (const name of Object.keys(KEYS)) {
        const allowed = { hourCycle: ["h11", "h12", "h23", "h24"], caseFirst: ["upper", "lower", "false"] }[name];
        const value = name === "numeric"
          ? yes(given.numeric)
          : allowed
          ? option(given, name, allowed, undefined, SERVICE)
          : form(given, name, /^[a-z\d]{3,8}(?:-[a-z\d]{3,8})*$/i);
        if (value !== undefined) words[KEYS[name]] = value;
      }
      const keywords = Object.keys(words).sort().map((key) => (words[key] ? `-${key}-${words[key]}` : "-" + key)).join(
        "",
      );
      const extension = attributesOf(text) + keywords;
      this.#tag = canonical(
        [language, script, region, ...rest].filter(Boolean).join("-") + (extension && "-u" + extension) + extensions,
      );
      this.#words = keywordsOf(this.#tag);
      locales.set(this, this.#tag);
    }
    #part(pattern) {
      return pattern.exec(this.baseName)?.[1];
    }
    #about() {
      return load("about:" + parted(this.#tag)[0]);
    }
    #with(kind) {
      const [plain] = parted(this.#tag), variants = /(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*$/.exec(plain)[0];
      return new Locale(
        parted(this.#about()[kind])[0].replace(/(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*$/, "") + variants +
          this.#tag.slice(plain.length),
      );
    }
    get baseName() {
      return parted(this.#tag)[0];
    }
    get language() {
      return this.#part(/^([a-z]+)/);
    }
    get script() {
      return this.#part(/^[a-z]+-([A-Z][a-z]{3})(?:-|$)/);
    }
    get region() {
      return this.#part(/^[a-z]+(?:-[A-Z][a-z]{3})?-([A-Z]{2}|\d{3})(?:-|$)/);
    }
    get calendar() {
      return this.#words.ca;
    }
    get collation() {
      return this.#words.co;
    }
    get hourCycle() {
      return this.#words.hc;
    }
    get caseFirst() {
      return this.#words.kf;
    }
    get numeric() {
      return this.#words.kn === "";
    }
    get numberingSystem() {
      return this.#words.nu;
    }
    get calendars() {
      return this.#words.ca ? [this.#words.ca] : [...this.#about().calendars];
    }
    get collations() {
      return this.#words.co ? [this.#words.co] : ["emoji", "eor"];
    }
    get hourCycles() {
      return this.#words.hc ? [this.#words.hc] : [...this.#about().hourCycles];
    }
    get numberingSystems() {
      return this.#words.nu ? [this.#words.nu] : [...this.#about().numberingSystems];
    }
    get timeZones() {
      return this.region ? [...this.#about().timeZones] : undefined;
    }
    get textInfo() {
      return { direction: this.#about().direction };
    }
    get weekInfo() {
      const { firstDay, weekend, minimalDays } = this.#about().week;
      return { firstDay, weekend: [...weekend], minimalDays };
    }
    maximize() {
      return this.#with("max");
    }
    minimize() {
      return this.#with("min");
    }
    toString() {
      return this.#tag;
    }
  }
  return { Locale };
});
