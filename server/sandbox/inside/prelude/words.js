// Intl.PluralRules, RelativeTimeFormat, ListFormat and DisplayNames.
(function (host) {
  "use strict";
  const { load } = host;
  const { resolve, option, supported, canonicalTag } = host.load("locale");
  const { NumberFormat } = host.load("numbers");
  const { pluralOf } = host.load("plurals");
  const joined = (parts) => parts.map((part) => part.value).join("");
  const optionsOf = (options) => (options === undefined ? {} : Object(options));

  class PluralRules {
    #locale; #type; #format;
    constructor(locales, options) {
      const given = optionsOf(options);
      this.#locale = resolve(locales);
      this.#type = option(given, "type", ["cardinal", "ordinal"], "cardinal");
      this.#format = new NumberFormat(locales, { ...given, style: "decimal" });
    }
    static supportedLocalesOf(locales) { return supported(locales); }
    select(number) {
      return pluralOf(this.#locale.tag, this.#type, shown(this.#format, Number(number)));
    }
    selectRange(start, end) {
      if (start === undefined || end === undefined) throw new TypeError("startRange or endRange cannot be undefined");
      return this.select(end);
    }
    resolvedOptions() {
      const { minimumIntegerDigits, minimumFractionDigits, maximumFractionDigits, minimumSignificantDigits, maximumSignificantDigits } = this.#format.resolvedOptions();
      const rules = load("words:" + this.#locale.tag)[this.#type];
      const order = ["few", "many", "one", "two", "zero", "other"].filter((name) => name === "other" || name in rules);
      return defined({ locale: this.#locale.tag, type: this.#type, minimumIntegerDigits, minimumFractionDigits, maximumFractionDigits, minimumSignificantDigits, maximumSignificantDigits, pluralCategories: order });
    }
  }

  // The digits as the format writes them, with a plain point: trailing zeros count for plurals.
  const shown = (format, number) =>
    format.formatToParts(Math.abs(number)).map(({ type, value }) => (type === "decimal" ? "." : type === "integer" || type === "fraction" ? value : "")).join("") || "Infinity";
  const defined = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

  const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
  const ALIKE = ["second", "day"];  // "now" and "yesterday" are as short as they get: the same in every style

  class RelativeTimeFormat {
    #locale; #options; #format;
    constructor(locales, options) {
      const given = optionsOf(options);
      this.#locale = resolve(locales);
      this.#options = { style: option(given, "style", ["long", "short", "narrow"], "long"), numeric: option(given, "numeric", ["always", "auto"], "always") };
      this.#format = new NumberFormat(locales);
    }
    static supportedLocalesOf(locales) { return supported(locales); }
    format(value, unit) { return joined(this.formatToParts(value, unit)); }
    formatToParts(value, unit) {
      const number = Number(value), name = String(unit).replace(/s$/, "");
      if (!UNITS.includes(name)) throw new RangeError(`Invalid unit argument for ${"format"}() '${unit}'`);
      if (!Number.isFinite(number)) throw new RangeError("Invalid time value");
      const { ago, auto } = load("words:" + this.#locale.tag), { style } = this.#options;
      const worded = this.#options.numeric === "auto" && (style === "long" || ALIKE.includes(name));
      const said = worded ? auto[name]?.[String(number)] : undefined;
      if (said !== undefined) return [{ type: "literal", value: said }];
      const past = number < 0 || Object.is(number, -0);
      const way = past ? "past" : "future", widths = [style === "long" ? name : `${name}-${style}`, name, `${name}-short`, `${name}-narrow`];
      const forms = ago[widths.find((width) => ago[width]?.[way]?.other)][way];
      const plural = pluralOf(this.#locale.tag, "cardinal", shown(this.#format, number));
      const pattern = forms[plural] ?? forms.other;
      if (!pattern.includes("{0}")) return [{ type: "literal", value: pattern }];  // Arabic has words for one and two
      const [before, after] = pattern.split("{0}");
      const digits = this.#format.formatToParts(Math.abs(number)).map((part) => ({ ...part, unit: name }));
      return [...(before ? [{ type: "literal", value: before }] : []), ...digits, ...(after ? [{ type: "literal", value: after }] : [])];
    }
    resolvedOptions() {
      return { locale: this.#locale.tag, ...this.#options, numberingSystem: "latn" };
    }
  }

  class ListFormat {
    #locale; #options; #patterns;
    constructor(locales, options) {
      const given = optionsOf(options);
      this.#locale = resolve(locales);
      this.#options = { type: option(given, "type", ["conjunction", "disjunction", "unit"], "conjunction"), style: option(given, "style", ["long", "short", "narrow"], "long") };
      const { lists } = load("words:" + this.#locale.tag), { type, style } = this.#options;
      const name = { conjunction: "standard", disjunction: "or", unit: "unit" }[type];
      const names = [style === "long" ? name : `${name}-${style}`, name, "unit-short", "standard"].filter((each) => lists[each]);
      this.#patterns = Object.assign({}, ...(name === "unit" ? names : names.filter((each) => each !== "unit-short")).map((each) => lists[each]).reverse());
    }
    static supportedLocalesOf(locales) { return supported(locales); }
    format(list) { return joined(this.formatToParts(list)); }
    formatToParts(list) {
      const items = Array.from(list);
      for (const item of items) if (typeof item !== "string") throw new TypeError("Iterable yielded " + String(item) + " which is not a string");
      const element = (value) => [{ type: "element", value }];
      const put = (pattern, left, right) =>
        pattern.split(/(\{[01]\})/).filter(Boolean).flatMap((piece) => (piece === "{0}" ? left : piece === "{1}" ? right : [{ type: "literal", value: piece }]));
      if (!items.length) return [];
      if (items.length === 1) return element(items[0]);
      if (items.length === 2) return put(this.#pair(items[1]), element(items[0]), element(items[1]));
      let parts = put(this.#last("end", items.at(-1)), element(items.at(-2)), element(items.at(-1)));
      for (let i = items.length - 3; i >= 0; i--) parts = put(this.#patterns[i ? "middle" : "start"], element(items[i]), parts);
      return parts;
    }
    // Spanish and Italian change the word before a like sound.
    #last(which, next) {
      const pattern = this.#patterns[which];
      if (!/^es\b/.test(this.#locale.tag)) return pattern;
      if (/^(?:i|hi(?![ae]))/i.test(next)) return pattern.replace(" y ", " e ");
      return /^(?:o|ho|8)/i.test(next) ? pattern.replace(" o ", " u ") : pattern;
    }
    #pair(next) { return this.#last("2", next); }
    resolvedOptions() { return { locale: this.#locale.tag, ...this.#options }; }
  }

  class DisplayNames {
    #locale; #options;
    constructor(locales, options) {
      if (options === undefined) throw new TypeError("Cannot convert undefined or null to object");
      this.#locale = resolve(locales);
      const type = option(options, "type", ["language", "region", "script", "currency", "calendar", "dateTimeField"]);
      if (type === undefined) throw new TypeError("Required option \"type\" must not be undefined");
      this.#options = { style: option(options, "style", ["narrow", "short", "long"], "long"), type, fallback: option(options, "fallback", ["code", "none"], "code") };
      if (type === "language") this.#options.languageDisplay = option(options, "languageDisplay", ["dialect", "standard"], "dialect");
    }
    static supportedLocalesOf(locales) { return supported(locales); }
    of(code) {
      const { type, fallback } = this.#options, text = String(code);
      const names = load("names:" + this.#locale.tag);
      const key = type === "region" || type === "currency" ? text.toUpperCase() : type === "script" ? text[0].toUpperCase() + text.slice(1).toLowerCase() : canonicalTag(text);
      const wrong = { region: /^(?:[a-z]{2}|\d{3})$/i, currency: /^[a-z]{3}$/i, script: /^[a-z]{4}$/i, language: /^[a-z]{2,8}(?:-[a-z\d]{1,8})*$/i }[type];
      if (wrong && !wrong.test(text)) throw new RangeError(`Invalid argument to Intl.DisplayNames.prototype.of`);
      const table = { region: names.regions, currency: names.currencies, script: names.scripts, language: names.languages }[type] ?? {};
      return table[key] ?? (type === "language" ? this.#composed(names, key) : undefined) ?? (fallback === "code" ? key : undefined);
    }
    #composed(names, tag) {
      const [language, ...rest] = tag.split("-");
      const words = rest.map((part) => names.regions[part] ?? names.scripts[part] ?? part);
      return names.languages[language] && rest.length ? `${names.languages[language]} (${words.join(", ")})` : undefined;
    }
    resolvedOptions() { return { locale: this.#locale.tag, ...this.#options }; }
  }

  return { PluralRules, RelativeTimeFormat, ListFormat, DisplayNames };
});
