// Intl.NumberFormat and Intl.DateTimeFormat, and the toLocale… methods that stand on them. The data are CLDR's; a locale
// comes when it is first asked for (`load` throws until then, and the event runs again).
(function (host) {
  "use strict";
  const { load } = host;
  const DEFAULT = "en-US";
  const split = (text, by) => text.split(by);

  // Locales

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

  // Numbers

  // Digits and the position of the point, exactly as the number is written in its shortest form.
  function decimalOf(value) {
    const [mantissa, exponent = "0"] = split(String(value).replace("-", ""), "e");
    const [whole, fraction = ""] = split(mantissa, ".");
    return { digits: whole + fraction, point: whole.length + Number(exponent) };
  }

  // Cut to so many digits after the point, half away from zero.
  function rounded({ digits, point }, places) {
    let kept = point + places;
    if (kept < 0) return { digits: "0", point: 1 };
    const padded = digits.padEnd(kept + 1, "0");
    let head = padded.slice(0, kept) || "0";
    if (!kept) point++;
    if (padded[kept] >= "5") {
      const up = String(BigInt(head) + 1n).padStart(head.length, "0");
      if (up.length > head.length) point++;
      head = up;
    }
    return { digits: head, point };
  }

  function plainDigits({ digits, point }, most, least) {
    const whole = (point > 0 ? digits.slice(0, point).padEnd(point, "0") : "").replace(/^0+(?=\d)/, "") || "0";
    const all = point > 0 ? digits.slice(point) : "0".repeat(-point) + digits;
    let fraction = all.slice(0, most);
    while (fraction.length > least && fraction.endsWith("0")) fraction = fraction.slice(0, -1);
    return [whole, fraction.padEnd(least, "0")];
  }

  function grouped(whole, pattern, minimum) {
    const sizes = split(split(pattern, ".")[0].replace(/[^#0,]/g, ""), ",").map((part) => part.length);
    if (sizes.length < 2) return [whole];
    const first = sizes.at(-1), rest = sizes.length > 2 ? sizes.at(-2) : first;
    if (whole.length < first + minimum) return [whole];
    const parts = [whole.slice(-first)];
    for (let left = whole.slice(0, -first); left; left = left.slice(0, -rest)) parts.unshift(left.slice(-rest));
    return parts;
  }

  class NumberFormat {
    #locale; #options; #format;

    constructor(locales, options = {}) {
      this.#locale = resolve(locales);
      this.#options = numberOptions(Object(options), this.#locale.data);
    }
    static supportedLocalesOf(locales) {
      return tagsOf(locales).filter((tag) => load("locale:" + plainTag(tag)));
    }
    get format() {
      return (this.#format ??= (value) => this.formatToParts(value).map((part) => part.value).join(""));
    }
    formatToParts(value) {
      return numberParts(this.#locale.data, this.#options, numeric(value));
    }
    formatRange(start, end) {
      return this.format(start) + "–" + this.format(end);
    }
    resolvedOptions() {
      const { pattern, ...shown } = this.#options;
      return { locale: this.#locale.tag, numberingSystem: "latn", ...shown };
    }
  }

  const numeric = (value) => (typeof value === "bigint" ? value : typeof value === "string" && /^-?\d{16,}$/.test(value) ? BigInt(value) : Number(value));

  function numberOptions(options, data) {
    const style = option(options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
    const made = { style };
    const currency = option(options, "currency");
    if (currency !== undefined && !/^[A-Za-z]{3}$/.test(currency)) throw new RangeError(`Invalid currency code : ${currency}`);
    if (style === "currency") {
      if (currency === undefined) throw new TypeError("Currency code is required with currency style.");
      made.currency = currency.toUpperCase();
      made.currencyDisplay = option(options, "currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol");
      made.currencySign = option(options, "currencySign", ["standard", "accounting"], "standard");
    }
    if (style === "unit") {
      made.unit = option(options, "unit");
      if (made.unit === undefined) throw new TypeError("Unit is required with unit style.");
      made.unitDisplay = option(options, "unitDisplay", ["short", "long", "narrow"], "short");
    }
    const notation = option(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
    const usual = style === "currency" && notation === "standard" ? (data.digits[made.currency] ?? 2) : 0;
    const most = style === "currency" ? usual : style === "percent" || notation === "compact" ? 0 : 3;
    made.minimumIntegerDigits = digitsOption(options, "minimumIntegerDigits", 1, 21, 1);
    const significant = options.minimumSignificantDigits !== undefined || options.maximumSignificantDigits !== undefined;
    if (significant) {
      made.minimumSignificantDigits = digitsOption(options, "minimumSignificantDigits", 1, 21, 1);
      made.maximumSignificantDigits = digitsOption(options, "maximumSignificantDigits", made.minimumSignificantDigits, 21, 21);
    } else {
      const low = digitsOption(options, "minimumFractionDigits", 0, 100);
      const high = digitsOption(options, "maximumFractionDigits", 0, 100);
      if (low !== undefined && high !== undefined && low > high) throw new RangeError("maximumFractionDigits value is out of range.");
      made.minimumFractionDigits = low ?? Math.min(usual, high ?? usual);
      made.maximumFractionDigits = high ?? Math.max(most, made.minimumFractionDigits);
    }
    const grouping = options.useGrouping;
    made.useGrouping = grouping === undefined ? (notation === "compact" ? "min2" : "auto")
      : grouping === true || grouping === "always" ? "always" : grouping === "min2" || grouping === "auto" ? grouping
        : grouping === false || grouping === "false" ? false : "auto";
    made.notation = notation;
    if (notation === "compact") {
      made.compactDisplay = option(options, "compactDisplay", ["short", "long"], "short");
      made.rounded = !significant && options.maximumFractionDigits === undefined && options.minimumFractionDigits === undefined;
    }
    made.signDisplay = option(options, "signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto");
    made.roundingMode = "halfExpand";
    return made;
  }

  function numberParts(data, options, value) {
    const negative = typeof value === "bigint" ? value < 0n : value < 0 || Object.is(value, -0);
    const { style, notation } = options;
    if (typeof value === "number" && isNaN(value)) return around(data, options, false, false, [{ type: "nan", value: data.symbols.nan }]);
    if (value === Infinity || value === -Infinity) return around(data, options, negative, false, [{ type: "infinity", value: data.symbols.infinity }]);
    let decimal = decimalOf(value);
    if (style === "percent") decimal = { ...decimal, point: decimal.point + 2 };
    const unitPattern = notation === "compact" ? compact(data, options, decimal) : null;
    if (unitPattern) decimal = unitPattern.decimal;
    const [whole, fraction] = figures(decimal, options);
    const zero = /^0*$/.test(whole + fraction);
    const minimum = options.useGrouping === "always" ? 1 : options.useGrouping === "min2" ? 2 : data.grouping;
    const pattern = data.patterns[style === "currency" ? "currency" : "decimal"];
    const groups = options.useGrouping === false ? [whole] : grouped(whole, split(pattern, ";")[0], minimum);
    const parts = groups.flatMap((part, i) => [...(i ? [{ type: "group", value: data.symbols.group }] : []), { type: "integer", value: part }]);
    if (fraction) parts.push({ type: "decimal", value: data.symbols.decimal }, { type: "fraction", value: fraction });
    return around(data, options, negative, zero, parts, unitPattern, value);
  }

  function figures(decimal, options) {
    let cut, least = options.minimumFractionDigits ?? 0, most = options.maximumFractionDigits ?? 0;
    if (options.minimumSignificantDigits || options.rounded) {
      const leading = decimal.digits.match(/^0*/)[0].length;
      const magnitude = leading === decimal.digits.length ? 1 : decimal.point - leading;
      const high = options.rounded ? Math.max(2, magnitude) : options.maximumSignificantDigits;
      most = Math.max(high - magnitude, 0);
      least = options.rounded ? 0 : Math.max(options.minimumSignificantDigits - magnitude, 0);
      cut = rounded(decimal, high - magnitude);
    } else {
      cut = rounded(decimal, most);
    }
    const [whole, fraction] = plainDigits(cut, most, least);
    return [whole.padStart(options.minimumIntegerDigits, "0"), fraction];
  }

  function compact(data, options, decimal) {
    const forms = (data.compact[options.compactDisplay] ?? data.compact.short);
    const at = ({ digits, point }) => point - digits.match(/^0*/)[0].length - 1;
    const scaled = (power) => {
      const pattern = forms.other["1" + "0".repeat(power)];
      const zeros = pattern && split(pattern, ";")[0].replace(/'[^']*'/g, "").match(/0+/)?.[0].length;
      return pattern && pattern !== "0" ? { pattern, shift: power + 1 - zeros } : null;
    };
    let power = Math.min(at(decimal), 14);
    if (power < 3) return null;
    let found = scaled(power);
    if (!found) return null;
    let moved = { ...decimal, point: decimal.point - found.shift };
    const [whole] = figures(moved, options);
    if (whole.length > decimal.point - found.shift && scaled(power + 1)) {
      power = Math.min(power + 1, 14);
      found = scaled(power);
      moved = { ...decimal, point: decimal.point - found.shift };
    }
    const [digits, fraction] = figures(moved, options);
    const one = digits === "1" && !fraction ? forms.one?.["1" + "0".repeat(power)] : undefined;
    return { decimal: moved, pattern: split(one ?? found.pattern, ";")[0] };
  }

  function signOf(options, negative, zero) {
    switch (options.signDisplay) {
      case "never": return "";
      case "always": return negative ? "-" : "+";
      case "exceptZero": return zero ? "" : negative ? "-" : "+";
      case "negative": return negative && !zero ? "-" : "";
      default: return negative ? "-" : "";
    }
  }

  // The number inside its pattern: the sign, the currency or percent mark, and the spaces between them.
  function around(data, options, negative, zero, number, unitPattern) {
    const sign = signOf(options, negative, zero);
    const accounting = options.style === "currency" && options.currencySign === "accounting";
    const kind = options.style === "currency" && options.currencyDisplay !== "name" ? (accounting ? "accounting" : "currency") : options.style === "percent" ? "percent" : "decimal";
    const [positive, minus] = split(data.patterns[kind], ";");
    let pattern = sign === "-" ? (minus ?? "-" + positive) : sign === "+" ? "+" + positive : positive;
    pattern = pattern.replace(/[#0][#0,.]*/, unitPattern ? unitPattern.pattern.replace(/0+/, "\0") : "\0");
    const mark = options.style === "currency" ? currencyMark(data, options) : "";
    if (mark && /[A-Za-z]$/.test(mark)) pattern = pattern.replace(/¤(?=\0)/, "¤\u00a0");
    if (mark && /^[A-Za-z]/.test(mark)) pattern = pattern.replace(/\0(?=¤)/, "\0\u00a0");
    const parts = [];
    let literal = "";
    const flush = () => {
      if (literal) parts.push({ type: unitPattern && /\p{L}/u.test(literal) ? "compact" : "literal", value: literal });
      literal = "";
    };
    const put = (type, value) => (flush(), parts.push({ type, value }));
    let quoted = false;
    for (const character of pattern) {
      if (character === "'") quoted = !quoted;
      else if (quoted) literal += character;
      else if (character === "\0") flush(), parts.push(...number);
      else if (character === "¤") put("currency", mark);
      else if (character === "%") put("percentSign", data.symbols.percentSign);
      else if (character === "-") put("minusSign", data.symbols.minusSign);
      else if (character === "+") put("plusSign", data.symbols.plusSign);
      else literal += character;
    }
    flush();
    if (options.style === "currency" && options.currencyDisplay === "name") {
      const whole = number.map((part) => part.value).join("");
      const names = data.currencyNames[options.currency] ?? {};
      parts.push({ type: "literal", value: " " }, { type: "currency", value: (whole === "1" && names.one) || names.other || options.currency });
    }
    return parts;
  }

  const NARROW = { USD: "$", CAD: "$", AUD: "$", NZD: "$", HKD: "$", SGD: "$", MXN: "$", TWD: "$", JPY: "¥", CNY: "¥", KRW: "₩", RUB: "₽", TRY: "₺", PLN: "zł", SEK: "kr", NOK: "kr", DKK: "kr" };

  function currencyMark(data, { currency, currencyDisplay }) {
    if (currencyDisplay === "code") return currency;
    if (currencyDisplay === "narrowSymbol") return NARROW[currency] ?? data.currencies[currency] ?? currency;
    return data.currencies[currency] ?? currency;
  }

  // Dates

  const STYLES = ["full", "long", "medium", "short"];
  const FIELDS = {
    weekday: ["narrow", "short", "long"], era: ["narrow", "short", "long"], year: ["2-digit", "numeric"],
    month: ["2-digit", "numeric", "narrow", "short", "long"], day: ["2-digit", "numeric"], hour: ["2-digit", "numeric"],
    minute: ["2-digit", "numeric"], second: ["2-digit", "numeric"],
    timeZoneName: ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"],
  };

  class DateTimeFormat {
    #locale; #options; #pattern; #zone; #format;

    constructor(locales, options, needed = "any", usual = "date") {
      this.#locale = resolve(locales);
      this.#options = dateOptions(options === undefined ? {} : Object(options), needed, usual);
      this.#zone = zoneOf(this.#options.timeZone);
      this.#pattern = patternOf(this.#locale.data, this.#options);
    }
    static supportedLocalesOf(locales) {
      return NumberFormat.supportedLocalesOf(locales);
    }
    get format() {
      return (this.#format ??= (date) => this.formatToParts(date).map((part) => part.value).join(""));
    }
    formatToParts(date) {
      const time = date === undefined ? Date.now() : Number(date);
      if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) throw new RangeError("Invalid time value");
      return dateParts(this.#locale.data, this.#pattern, momentIn(this.#zone, time), this.#options);
    }
    formatRange(start, end) {
      const [from, to] = [this.format(start), this.format(end)];
      return from === to ? from : from + " – " + to;
    }
    resolvedOptions() {
      const { hour12, ...shown } = this.#options;
      return { locale: this.#locale.tag, calendar: "gregory", numberingSystem: "latn", ...shown, timeZone: this.#zone.name };
    }
  }

  function dateOptions(options, needed, usual) {
    const made = { timeZone: options.timeZone === undefined ? "UTC" : String(options.timeZone) };
    if (options.hour12 !== undefined) made.hour12 = Boolean(options.hour12);
    made.hourCycle = option(options, "hourCycle", ["h11", "h12", "h23", "h24"]);
    for (const name of Object.keys(FIELDS)) made[name] = option(options, name, FIELDS[name]);
    made.fractionalSecondDigits = digitsOption(options, "fractionalSecondDigits", 1, 3);
    made.dateStyle = option(options, "dateStyle", STYLES);
    made.timeStyle = option(options, "timeStyle", STYLES);
    const date = ["weekday", "year", "month", "day"], time = ["hour", "minute", "second", "fractionalSecondDigits"];
    if (made.dateStyle || made.timeStyle) {
      const clash = [...date, ...time, "era", "timeZoneName"].find((name) => made[name] !== undefined);
      if (clash) throw new TypeError(`Can't set option ${clash} when ${made.dateStyle ? "dateStyle" : "timeStyle"} is used`);
      if (usual === "date" && needed === "date" && made.timeStyle) throw new TypeError("Invalid option : timeStyle");
      if (usual === "time" && needed === "time" && made.dateStyle) throw new TypeError("Invalid option : dateStyle");
    } else {
      const given = [...(needed !== "time" ? date : []), ...(needed !== "date" ? time : [])];
      if (given.every((name) => made[name] === undefined)) {
        if (usual !== "time") made.year = made.month = made.day = "numeric";
        if (usual !== "date") made.hour = made.minute = made.second = "numeric";
      }
    }
    for (const name of Object.keys(made)) if (made[name] === undefined) delete made[name];
    return made;
  }

  function zoneOf(name) {
    if (/^(utc|gmt|etc\/(utc|gmt|uct|zulu)|zulu)$/i.test(name)) return { name: "UTC", changes: [[-8.64e12, 0, "UTC"]] };
    const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(name);
    if (offset) {
      const minutes = (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3] ?? 0));
      return { name: offset[1] + offset[2] + ":" + (offset[3] ?? "00"), changes: [[-8.64e12, minutes, ""]] };
    }
    const zone = /^[\w+\-/]{1,60}$/.test(name) ? load("zone:" + name) : null;
    if (!zone) throw new RangeError(`Invalid time zone specified: ${name}`);
    return zone;
  }

  function momentIn(zone, time) {
    let at = zone.changes[0];
    for (const change of zone.changes) {
      if (change[0] * 1000 > time) break;
      at = change;
    }
    const local = new Date(time + at[1] * 60000);
    return { local, offset: at[1], zone: at[2], isUTC: zone.name === "UTC" };
  }

  const usesHalves = (data) => /[ahK]/.test(data.times.short.replace(/'[^']*'/g, "").replace(/[^ahHK]/g, ""));

  function twelve(data, options) {
    if (options.hour12 !== undefined) return options.hour12;
    if (options.hourCycle) return options.hourCycle === "h12" || options.hourCycle === "h11";
    return usesHalves(data);
  }

  function patternOf(data, options) {
    if (options.dateStyle || options.timeStyle) {
      const date = options.dateStyle && data.dates[options.dateStyle];
      let time = options.timeStyle && data.times[options.timeStyle];
      if (time && options.hour12 !== undefined && options.hour12 !== usesHalves(data)) {
        const seconds = options.timeStyle === "short" ? "" : "s";
        const zone = options.timeStyle === "full" ? " zzzz" : options.timeStyle === "long" ? " z" : "";
        time = data.skeletons[(options.hour12 ? "hm" : "Hm") + seconds] + zone;
      }
      return joined(data, options.dateStyle, date, time);
    }
    const date = datePattern(data, options), time = timePattern(data, options);
    const style = !options.month || /numeric|2-digit/.test(options.month) ? "short" : options.month === "long" ? (options.weekday ? "full" : "long") : "medium";
    return joined(data, style, date, time);
  }

  function joined(data, style, date, time) {
    if (!date || !time) return date || time;
    const long = style === "full" || style === "long";
    const pattern = (long && data.atTime) || data.joined[style] || data.joined.medium;
    return pattern.replace("{1}", () => date).replace("{0}", () => time);
  }

  const LETTERS = { weekday: "E", era: "G", year: "y", month: "M", day: "d" };
  const WIDTHS = { narrow: 5, short: 3, long: 4, numeric: 1, "2-digit": 2 };

  function datePattern(data, options) {
    const wide = /narrow|short|long/.test(options.month ?? "");
    const fields = ["era", "year", "month", "weekday", "day"].filter((name) => options[name]);
    if (!fields.length) return "";
    const skeleton = fields.map((name) => (name === "month" && wide ? "MMM" : LETTERS[name])).join("");
    const long = options.month === "long" ? skeleton.replace("MMM", "MMMM") : skeleton;
    const candidates = [long.replace("E", "EEEE"), long, skeleton.replace("E", "EEEE"), skeleton];
    if (options.weekday !== "long") candidates.splice(0, 3, long);
    if (options.month === "2-digit" && options.day === "2-digit") candidates.unshift(skeleton.replace("Md", "MMdd"));
    const known = candidates.find((candidate) => data.skeletons[candidate]);
    const pattern = known ? data.skeletons[known] : candidates.at(-1).replace(/(.)(?!\1)/g, "$1 ").trim();
    return widened(pattern, options);
  }

  // The fields of the pattern as wide as the options ask; what is plainly numeric stays as the locale writes it.
  function widened(pattern, options) {
    return pattern.replace(/'[^']*'|([GyMLEcd])\1*/g, (run, letter) => {
      if (!letter) return run;
      const name = { G: "era", y: "year", M: "month", L: "month", E: "weekday", c: "weekday", d: "day" }[letter];
      const asked = options[name];
      if (asked === "2-digit") return letter.repeat(2);
      if (asked === "numeric" || asked === undefined) return run;
      if (run.length < 3 && name === "month") return run;  // such as 2月, whose month is always a number
      return letter.repeat(WIDTHS[asked]);
    });
  }

  function timePattern(data, options) {
    const { hour, minute, second, timeZoneName, fractionalSecondDigits } = options;
    const half = twelve(data, options);
    let pattern = "";
    if (hour) {
      const skeleton = (half ? "h" : "H") + (minute || second ? "m" : "") + (second ? "s" : "");
      pattern = data.skeletons[skeleton];
      if (hour === "2-digit") pattern = pattern.replace(/([hHkK])\1*/, (run, letter) => letter.repeat(2));
      if (options.hourCycle === "h24" || (options.hour12 === false && usesHalves(data) && !options.hourCycle)) pattern = pattern.replaceAll("H", "k");
      if (options.hourCycle === "h11") pattern = pattern.replaceAll("h", "K");
    } else if (minute && second) {
      pattern = data.skeletons.ms ?? "mm:ss";
    } else if (minute) {
      pattern = "m";
    } else if (second) {
      pattern = "s";
    }
    if (fractionalSecondDigits) pattern = pattern ? pattern.replace(/s+/, (run) => run + data.symbols.decimal + "S") : "S";
    if (timeZoneName) pattern += (pattern && " ") + (timeZoneName.startsWith("long") ? "zzzz" : "z");
    return pattern;
  }

  const TYPES = { G: "era", y: "year", M: "month", L: "month", E: "weekday", c: "weekday", d: "day", a: "dayPeriod", h: "hour", H: "hour", k: "hour", K: "hour", m: "minute", s: "second", S: "fractionalSecond", z: "timeZoneName", v: "timeZoneName" };

  function dateParts(data, pattern, moment, options) {
    const parts = [];
    const literal = (text) => {
      if (parts.at(-1)?.type === "literal") parts.at(-1).value += text;
      else parts.push({ type: "literal", value: text });
    };
    // V8 writes a plain space where CLDR has the narrow one, since too much code on the web reads times back.
    for (const [run, letter] of pattern.replaceAll("\u202f", " ").matchAll(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+/g)) {
      if (letter && TYPES[letter]) parts.push({ type: TYPES[letter], value: field(data, letter, run.length, moment, options) });
      else literal(run.startsWith("'") ? run.slice(1, -1) || "'" : run);
    }
    return parts;
  }

  const pad = (number, length) => String(number).padStart(length, "0");
  const named = (names, context, length) => {
    const width = ["", "", "", "abbreviated", "wide", "narrow"][length] || "abbreviated";
    return names[context]?.[width] ?? names.format[width] ?? names.format.wide;
  };

  function field(data, letter, length, { local, offset, zone, isUTC }, options) {
    const year = local.getUTCFullYear(), hour = local.getUTCHours();
    switch (letter) {
      case "G": return named({ format: { wide: data.eras.wide, abbreviated: data.eras.abbreviated, narrow: data.eras.narrow } }, "format", length)[year > 0 ? 1 : 0];
      case "y": return length === 2 ? pad(Math.abs(year) % 100, 2) : String(year > 0 ? year : 1 - year);
      case "M": case "L":
        if (length < 3) return pad(local.getUTCMonth() + 1, length);
        return named(data.months, letter === "L" ? "stand-alone" : "format", length)[local.getUTCMonth()];
      case "E": case "c":
        return named(data.days, letter === "c" ? "stand-alone" : "format", Math.max(length, 3))[(local.getUTCDay() + 6) % 7];
      case "d": return pad(local.getUTCDate(), length);
      case "a": return data.periods[hour < 12 ? 0 : 1].replaceAll("\u202f", " ");
      case "h": return pad(hour % 12 || 12, length);
      case "K": return pad(hour % 12, length);
      case "H": return pad(hour, length);
      case "k": return pad(hour || 24, length);
      case "m": return pad(local.getUTCMinutes(), length);
      case "s": return pad(local.getUTCSeconds(), length);
      case "S": return pad(local.getUTCMilliseconds(), 3).slice(0, options.fractionalSecondDigits);
      default: return zoneName(data, length, offset, zone, isUTC, options);
    }
  }

  const EUROPEAN = ["GMT", "BST", "WET", "WEST", "CET", "CEST", "EET", "EEST"];
  const LONG_ZONES = { EST: "Eastern Standard Time", EDT: "Eastern Daylight Time", CST: "Central Standard Time", CDT: "Central Daylight Time", MST: "Mountain Standard Time", MDT: "Mountain Daylight Time", PST: "Pacific Standard Time", PDT: "Pacific Daylight Time" };

  function zoneName(data, length, offset, zone, isUTC, options) {
    const long = length === 4 || options.timeZoneName === "longOffset";
    if (isUTC) return /Offset/.test(options.timeZoneName) ? "GMT" : long ? "Coordinated Universal Time" : "UTC";
    if (EUROPEAN.includes(zone) && data.tag === "en-GB" && !long && !/Offset/.test(options.timeZoneName)) return zone;
    if (LONG_ZONES[zone] && data.tag.startsWith("en") && !/Offset/.test(options.timeZoneName)) return long ? LONG_ZONES[zone] : zone;
    if (!offset) return "GMT";
    const hours = Math.floor(Math.abs(offset) / 60), minutes = Math.abs(offset) % 60;
    const sign = offset < 0 ? "-" : "+";
    return "GMT" + sign + (long ? pad(hours, 2) + ":" + pad(minutes, 2) : hours + (minutes ? ":" + pad(minutes, 2) : ""));
  }

  // Methods of the language

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
