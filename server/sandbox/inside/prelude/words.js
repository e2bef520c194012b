// Intl.PluralRules, RelativeTimeFormat, ListFormat and DisplayNames.
(function (host) {
  "use strict";
  const { load } = host;
  const { resolve, option, optionsOf, objectOf, matcher, canonical, numbersOf, extended, system } = host.load("locale");
  const { NumberFormat } = host.load("numbers");
  const { pluralOf } = host.load("plurals");
  const joined = (parts) => parts.map((part) => part.value).join("");

  class PluralRules {
    #locale;
    #type;
    #format;
    constructor(locales, options) {
      const given = optionsOf(options);
      matcher(given, "Intl.PluralRules");
      this.#locale = resolve(locales);
      this.#type = option(given, "type", ["cardinal", "ordinal"], "cardinal", "Intl.PluralRules");
      this.#format = new NumberFormat(this.#locale.tag + "-u-nu-latn", {
        __proto__: null,
        ...given,
        style: "decimal",
        notation: "standard",
      });
    }
    select(number) {
      return pluralOf(this.#locale.stored, this.#type, shown(this.#format, Number(number)));
    }
    selectRange(start, end) {
      for (const [name, value] of [["start", start], ["end", end]]) {
        if (value === undefined) throw new TypeError(`Invalid ${name} : undefined`);
        if (Number.isNaN(Number(value))) throw new RangeError(`Invalid ${name} : NaN`);
      }
      const ends = [this.select(start), this.select(end)];
      return load("plural:" + this.#locale.stored).ranges[ends.join("-")] ?? ends[1];
    }
    resolvedOptions() {
      const {
        minimumIntegerDigits,
        minimumFractionDigits,
        maximumFractionDigits,
        minimumSignificantDigits,
        maximumSignificantDigits,
      } = this.#format.resolvedOptions();
      const rules = load("plural:" + this.#locale.stored)[this.#type];
      const order = ["few", "many", "one", "two", "zero", "other"].filter((name) => name === "other" || name in rules);
      return defined({
        locale: this.#locale.tag,
        type: this.#type,
        minimumIntegerDigits,
        minimumFractionDigits,
        maximumFractionDigits,
        minimumSignificantDigits,
        maximumSignificantDigits,
        pluralCategories: order,
      });
    }
  }

  // The digits as the format writes them, with a plain point: trailing zeros count for plurals.
  const shown = (format, number) =>
    format.formatToParts(Math.abs(number)).map((
      { type, value },
    ) => (type === "decimal" ? "." : type === "integer" || type === "fraction" ? value : "")).join("") || "Infinity";
  const defined = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

  const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

  class RelativeTimeFormat {
    #locale;
    #numbers;
    #options;
    #format;
    #digits;
    constructor(locales, options) {
      const given = optionsOf(options), service = "Intl.RelativeTimeFormat";
      matcher(given, service);
      this.#locale = resolve(locales, ["nu"], { nu: system(given, "numberingSystem") });
      this.#numbers = numbersOf(this.#locale);
      this.#options = {
        style: option(given, "style", ["long", "short", "narrow"], "long", service),
        numeric: option(given, "numeric", ["always", "auto"], "always", service),
      };
      const tag = this.#locale.tag + "-u-nu-";
      this.#format = new NumberFormat(tag + this.#numbers.system);
      this.#digits = new NumberFormat(tag + "latn");
    }
    format(value, unit) {
      return joined(this.#parts(value, unit, "format"));
    }
    formatToParts(value, unit) {
      return this.#parts(value, unit, "formatToParts");
    }
    #parts(value, unit, method) {
      const number = Number(value),
        name = String(unit).replace(/s$/, ""),
        where = `Intl.RelativeTimeFormat.prototype.${method}()`;
      if (!Number.isFinite(number)) throw new RangeError(`Value need to be finite number for ${where}`);
      if (!UNITS.includes(name) || /ss$/.test(unit)) {
        throw new RangeError(`Invalid unit argument for ${where} '${unit}'`);
      }
      const { auto, past, future } = load(["relative:" + this.#locale.tag, name, this.#options.style].join("|"));
      const said = this.#options.numeric === "auto" ? auto[Object.is(number, -0) ? "0" : String(number)] : undefined;
      if (said !== undefined) return [{ type: "literal", value: said }];
      const forms = number < 0 || Object.is(number, -0) ? past : future;
      const pattern = forms[pluralOf(this.#locale.stored, "cardinal", shown(this.#digits, number))] ?? forms.other;
      if (!pattern.includes("{0}")) return [{ type: "literal", value: pattern }]; // Arabic has words for one and two
      const [before, after] = pattern.split("{0}");
      const digits = this.#format.formatToParts(Math.abs(number)).map((part) => ({ ...part, unit: name }));
      return [
        ...(before ? [{ type: "literal", value: before }] : []),
        ...digits,
        ...(after ? [{ type: "literal", value: after }] : []),
      ];
    }
    resolvedOptions() {
      const { system } = this.#numbers;
      return {
        locale: extended(this.#locale.tag, this.#locale.words, { nu: system }),
        ...this.#options,
        numberingSystem: system,
      };
    }
  }

  class ListFormat {
    #locale;
    #options;
    #patterns;
    constructor(locales, options) {
      const given = objectOf(options), service = "Intl.ListFormat";
      matcher(given, service);
      this.#locale = resolve(locales);
      this.#options = {
        type: option(given, "type", ["conjunction", "disjunction", "unit"], "conjunction", service),
        style: option(given, "style", ["long", "short", "narrow"], "long", service),
      };
      this.#patterns = load(`list:${this.#locale.tag}|${this.#options.type}|${this.#options.style}`);
    }
    format(list) {
      return joined(this.#parts(list));
    }
    formatToParts(list) {
      return this.#parts(list);
    }
    #parts(list) {
      const items = [];
      if (list !== undefined) {
        for (const item of iterated(list)) {
          if (typeof item !== "string") {
            throw new TypeError("Iterable yielded " + String(item) + " which is not a string");
          }
          items.push(item);
        }
      }
      const element = (value) => [{ type: "element", value }];
      const put = (pattern, left, right) =>
        pattern.split(/(\{[01]\})/).filter(Boolean).flatMap((
          piece,
        ) => (piece === "{0}" ? left : piece === "{1}" ? right : [{ type: "literal", value: piece }]));
      if (!items.length) return [];
      if (items.length === 1) return element(items[0]);
      if (items.length === 2) return put(this.#last("2", items[1], items[0]), element(items[0]), element(items[1]));
      let parts = put(this.#patterns.start, element(items[0]), element(items[1]));
      for (let i = 2; i < items.length - 1; i++) parts = put(this.#patterns.middle, parts, element(items[i]));
      return put(this.#last("end", items.at(-1)), parts, element(items.at(-1)));
    }
    // Spanish and Hebrew change the word before a like sound.
    #last(which, next) {
      const pattern = this.#patterns[which];
      if (/^he\b/.test(this.#locale.tag)) {
        return /^[\u0590-\u05ff]/.test(next) ? pattern : pattern.replace(" ו{1}", " ו-{1}");
      }
      if (!/^es\b/.test(this.#locale.tag)) return pattern;
      if (/^(?:i|hi(?!a|e))/i.test(next)) return pattern.replace(" y ", " e ");
      return /^(?:o|ho|8|11(?:[^\d]|$))/i.test(next) ? pattern.replace(" o ", " u ") : pattern;
    }
    resolvedOptions() {
      return { locale: this.#locale.tag, ...this.#options };
    }
  }

  function iterated(list) {
    if (list !== null && typeof list?.[Symbol.iterator] === "function") return list;
    const shown = typeof list === "object" ? "object null".slice(0, list ? 6 : 11) : `${typeof list} ${String(list)}`;
    throw new TypeError(`${shown} is not iterable (cannot read property Symbol(Symbol.iterator))`);
  }

  const FORMS = {
    region: /^(?:[a-z]{2}|\d{3})$/i,
    currency: /^[a-z]{3}$/i,
    script: /^[a-z]{4}$/i,
    language: /^[a-z]{2,8}(?:-[a-z\d]{1,8})*$/i,
    calendar: /^[a-z\d]{3,8}(?:-[a-z\d]{3,8})*$/i,
    dateTimeField: /^(?:era|year|quarter|month|weekOfYear|weekday|day|dayPeriod|hour|minute|second|timeZoneName)$/,
  };

  class DisplayNames {
    #locale;
    #options;
    constructor(locales, options) {
      const service = "Intl.DisplayNames";
      this.#locale = resolve(locales);
      if (options === undefined) throw new TypeError("invalid_argument");
      const given = objectOf(options);
      matcher(given, service);
      const style = option(given, "style", ["narrow", "short", "long"], "long", service);
      const type = option(
        given,
        "type",
        ["language", "region", "script", "currency", "calendar", "dateTimeField"],
        undefined,
        service,
      );
      if (type === undefined) throw new TypeError("invalid_argument");
      this.#options = { style, type, fallback: option(given, "fallback", ["code", "none"], "code", service) };
      const languageDisplay = option(given, "languageDisplay", ["dialect", "standard"], "dialect", service);
      if (type === "language") this.#options.languageDisplay = languageDisplay;
    }
    of(code) {
      const { type, style, fallback, languageDisplay } = this.#options, text = `${code}`;
      if (!FORMS[type].test(text)) throw new RangeError("invalid_argument");
      const key = type === "region" || type === "currency"
        ? text.toUpperCase()
        : type === "script"
        ? text[0].toUpperCase() + text.slice(1).toLowerCase()
        : type === "language"
        ? canonical(text)
        : text;
      const kind = languageDisplay === "standard" ? "standard" : type;
      return load(["name:" + this.#locale.tag, kind, style, key].join("|")) ?? (fallback === "code" ? key : undefined);
    }
    resolvedOptions() {
      return { locale: this.#locale.tag, ...this.#options };
    }
  }

  return { PluralRules, RelativeTimeFormat, ListFormat, DisplayNames };
});
