// Intl.Locale.
(function (host) {
  "use strict";
  const { canonical, keywordsOf, plainTag, option, optionsOf } = host.load("locale");
  const { load } = host;
  // Option → its key behind `-u-`.
  const KEYS = { calendar: "ca", collation: "co", hourCycle: "hc", caseFirst: "kf", numeric: "kn", numberingSystem: "nu" };
  const SERVICE = "Intl.Locale";

  class Locale {
    #tag; #words;
    constructor(tag, options) {
      if (tag === undefined || tag === "") throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
      if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) throw new TypeError("First argument to Intl.Locale constructor can't be empty or missing");
      const given = optionsOf(options), text = canonical(String(tag));
      let [language, ...rest] = plainTag(text).split("-");
      let script = /^[A-Z][a-z]{3}$/.test(rest[0] ?? "") ? rest.shift() : "", region = /^(?:[A-Z]{2}|\d{3})$/.test(rest[0] ?? "") ? rest.shift() : "";
      language = option(given, "language") ?? language;
      script = option(given, "script") ?? script;
      region = option(given, "region") ?? region;
      const words = keywordsOf(text);
      for (const name of Object.keys(KEYS)) {
        const allowed = { hourCycle: ["h11", "h12", "h23", "h24"], caseFirst: ["upper", "lower", "false"] }[name];
        const value = name === "numeric" ? (given.numeric === undefined ? undefined : given.numeric ? "" : "false") : option(given, name, allowed, undefined, SERVICE);
        if (value !== undefined) words[KEYS[name]] = value;
      }
      const extension = Object.keys(words).sort().map((key) => (words[key] ? key + "-" + words[key] : key)).join("-");
      this.#tag = canonical([language, script, region, ...rest].filter(Boolean).join("-") + (extension && "-u-" + extension));
      this.#words = keywordsOf(this.#tag);
    }
    #part(pattern) { return pattern.exec(this.baseName)?.[1]; }
    #about() { return load("about:" + plainTag(this.#tag)); }
    #with(kind) {
      const words = /-u-.*$/.exec(this.#tag)?.[0] ?? "", short = this.#about()[kind];
      return new Locale(short + words);
    }
    get baseName() { return plainTag(this.#tag); }
    get language() { return this.#part(/^([a-z]+)/); }
    get script() { return this.#part(/^[a-z]+-([A-Z][a-z]{3})(?:-|$)/); }
    get region() { return this.#part(/^[a-z]+(?:-[A-Z][a-z]{3})?-([A-Z]{2}|\d{3})(?:-|$)/); }
    get calendar() { return this.#words.ca; }
    get collation() { return this.#words.co; }
    get hourCycle() { return this.#words.hc; }
    get caseFirst() { return this.#words.kf; }
    get numeric() { return this.#words.kn === ""; }
    get numberingSystem() { return this.#words.nu; }
    get calendars() { return this.#words.ca ? [this.#words.ca] : [...this.#about().calendars]; }
    get collations() { return this.#words.co ? [this.#words.co] : ["emoji", "eor"]; }
    get hourCycles() { return this.#words.hc ? [this.#words.hc] : [...this.#about().hourCycles]; }
    get numberingSystems() { return this.#words.nu ? [this.#words.nu] : [...this.#about().numberingSystems]; }
    get timeZones() { return this.region ? [...this.#about().timeZones] : undefined; }
    get textInfo() { return { direction: this.#about().direction }; }
    get weekInfo() { const { firstDay, weekend, minimalDays } = this.#about().week; return { firstDay, weekend: [...weekend], minimalDays }; }
    maximize() { return this.#with("max"); }
    minimize() { return this.#with("min"); }
    toString() { return this.#tag; }
  }
  return { Locale };
});
