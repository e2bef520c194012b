// Intl.NumberFormat.
(function (host) {
  "use strict";
  const { resolve, extended, numbersOf, option, digitsOption, optionsOf, matcher, system, split, behind, digitized } =
    host.load("locale");
  const { load } = host;

  // Digits and the position of the point, exactly as the number is written in its shortest form.
  function decimalOf(value) {
    const [mantissa, exponent = "0"] = split(String(value).replace(/^-/, ""), "e");
    const [whole, fraction = ""] = split(mantissa, ".");
    return { digits: whole + fraction, point: whole.length + Number(exponent) };
  }

  // Whether what is cut off counts as one more: `rest` are the digits behind `head`.
  function goesUp(mode, head, rest, negative) {
    if (/^0*$/.test(rest)) return false;
    const half = rest[0] < "5" ? -1 : /^50*$/.test(rest) ? 0 : 1;
    switch (mode) {
      case "ceil":
        return !negative;
      case "floor":
        return negative;
      case "expand":
        return true;
      case "trunc":
        return false;
      case "halfCeil":
        return half > 0 || (half === 0 && !negative);
      case "halfFloor":
        return half > 0 || (half === 0 && negative);
      case "halfTrunc":
        return half > 0;
      case "halfEven":
        return half > 0 || (half === 0 && Number(head.at(-1)) % 2 === 1);
      default:
        return half >= 0;
    }
  }

  // Cut to so many digits after the point.
  function rounded({ digits, point, negative = false, mode = "halfExpand" }, places) {
    if (point + places < 0) {
      digits = "0".repeat(-(point + places)) + digits;
      point = -places;
    }
    const kept = point + places;
    const padded = digits.padEnd(kept + 1, "0");
    let head = padded.slice(0, kept) || "0";
    if (!kept) point++;
    if (goesUp(mode, head, padded.slice(kept), negative)) {
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
    #locale;
    #numbers;
    #options;
    #format;

    constructor(locales, options, service = "Intl.NumberFormat") {
      if (options === null) throw new TypeError(service + " called on null or undefined");
      const given = optionsOf(options);
      matcher(given, service);
      const numbering = system(given, "numberingSystem");
      this.#locale = resolve(locales, ["nu"], { nu: numbering });
      this.#numbers = numbersOf(this.#locale);
      this.#options = numberOptions(given, this.#locale, service);
    }
    get format() {
      const self = behind(this, #options in Object(this), NumberFormat);
      return (self.#format ??= (value) => self.#parts(value).map((part) => part.value).join(""));
    }
    formatToParts(value) {
      return this.#parts(value);
    }
    #parts(value) {
      return numberParts(this.#locale, this.#numbers, this.#options, numeric(value));
    }
    formatRange(start, end) {
      return this.#range(start, end).map((part) => part.value).join("");
    }
    formatRangeToParts(start, end) {
      return this.#range(start, end);
    }
    #range(start, end) {
      for (const [name, value] of [["start", start], ["end", end]]) {
        if (value === undefined) throw new TypeError(`Invalid ${name} : undefined`);
        if (Number.isNaN(Number(value))) throw new RangeError(`Invalid ${name} : NaN`);
      }
      return rangeParts(this.#parts(start), this.#parts(end), this.#numbers);
    }
    resolvedOptions() {
      return behind(this, #options in Object(this), NumberFormat).#resolved();
    }
    #resolved() {
      const { rounded: _, minimumSignificantDigits: least, maximumSignificantDigits: most, ...shown } = this.#options;
      const significant = this.#options.rounded
        ? { minimumSignificantDigits: 1, maximumSignificantDigits: 2 }
        : least
        ? { minimumSignificantDigits: least, maximumSignificantDigits: most }
        : {};
      const order = [
        "style",
        "currency",
        "currencyDisplay",
        "currencySign",
        "unit",
        "unitDisplay",
        "minimumIntegerDigits",
        "minimumFractionDigits",
        "maximumFractionDigits",
        "minimumSignificantDigits",
        "maximumSignificantDigits",
        "useGrouping",
        "notation",
        "compactDisplay",
        "signDisplay",
        "roundingMode",
        "roundingIncrement",
        "trailingZeroDisplay",
        "roundingPriority",
      ];
      const all = {
        ...shown,
        ...significant,
        roundingPriority: this.#options.rounded ? "morePrecision" : shown.roundingPriority,
      };
      if (this.#options.rounded) Object.assign(all, { minimumFractionDigits: 0, maximumFractionDigits: 0 });
      const made = {
        locale: extended(this.#locale.tag, this.#locale.words, { nu: this.#numbers.system }),
        numberingSystem: this.#numbers.system,
      };
      for (const name of order) if (all[name] !== undefined) made[name] = all[name];
      return made;
    }
  }

  const numeric = (
    value,
  ) => (typeof value === "bigint"
    ? value
    : typeof value === "string" && /^\s*[-+]?(?:\d{16,}|(?=[\d.]{17})\d*\.\d+|\d+\.\d*)\s*$/.test(value)
    ? exact(value.trim())
    : Number(value));

  // A decimal that a number would not hold: its digits are taken as they are.
  function exact(text) {
    if (!text.includes(".")) return BigInt(text);
    const [whole, fraction] = split(text.replace(/^[-+]/, ""), ".");
    const digits = whole + fraction;
    return /[1-9]/.test(digits) ? { digits, point: whole.length, isMinus: text[0] === "-" } : Number(text);
  }

  const UNITS =
    /^(?:acre|bit|byte|celsius|centimeter|day|degree|fahrenheit|fluid-ounce|foot|gallon|gigabit|gigabyte|gram|hectare|hour|inch|kilobit|kilobyte|kilogram|kilometer|liter|megabit|megabyte|meter|microsecond|mile|mile-scandinavian|milliliter|millimeter|millisecond|minute|month|nanosecond|ounce|percent|petabyte|pound|second|stone|terabit|terabyte|week|yard|year)$/;
  const isUnit = (name) => name.split("-per-").length <= 2 && name.split("-per-").every((part) => UNITS.test(part));

  function numberOptions(options, _locale, service) {
    const one = (name, allowed, otherwise) => option(options, name, allowed, otherwise, service);
    const style = one("style", ["decimal", "percent", "currency", "unit"], "decimal");
    const made = { __proto__: null, style };
    const currency = one("currency");
    if (currency !== undefined && !/^[A-Za-z]{3}$/.test(currency)) {
      throw new RangeError(`Invalid currency code : ${currency}`);
    }
    if (style === "currency" && currency === undefined) {
      throw new TypeError("Currency code is required with currency style.");
    }
    const currencyDisplay = one("currencyDisplay", ["code", "symbol", "narrowSymbol", "name"], "symbol");
    const currencySign = one("currencySign", ["standard", "accounting"], "standard");
    const unit = one("unit");
    if (unit !== undefined && !isUnit(unit)) throw new RangeError(`Invalid unit argument for ${service}() '${unit}'`);
    if (style === "unit" && unit === undefined) throw new TypeError(`Invalid unit argument for ${service}() ''`);
    const unitDisplay = one("unitDisplay", ["short", "narrow", "long"], "short");
    if (style === "currency") Object.assign(made, { currency: currency.toUpperCase(), currencyDisplay, currencySign });
    if (style === "unit") Object.assign(made, { unit, unitDisplay });
    const notation = one("notation", ["standard", "scientific", "engineering", "compact"], "standard");
    const usual = style === "currency" ? load("digits:" + made.currency) : 0;
    const most = style === "currency" ? usual : style === "percent" ? 0 : 3;
    made.minimumIntegerDigits = digitsOption(options, "minimumIntegerDigits", 1, 21, 1);
    const low = digitsOption(options, "minimumFractionDigits", 0, 100);
    const high = digitsOption(options, "maximumFractionDigits", 0, 100);
    const { minimumSignificantDigits, maximumSignificantDigits } = options;
    const roundingPriority = one("roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto"),
      both = roundingPriority !== "auto";
    const significant = minimumSignificantDigits !== undefined || maximumSignificantDigits !== undefined;
    if (significant || both) {
      made.minimumSignificantDigits = digitsOption({ minimumSignificantDigits }, "minimumSignificantDigits", 1, 21, 1);
      made.maximumSignificantDigits = digitsOption(
        { maximumSignificantDigits },
        "maximumSignificantDigits",
        made.minimumSignificantDigits,
        21,
        21,
      );
    }
    if (!significant || both) {
      if (low !== undefined && high !== undefined && low > high) {
        throw new RangeError("maximumFractionDigits value is out of range.");
      }
      made.minimumFractionDigits = low ?? Math.min(usual, high ?? usual);
      made.maximumFractionDigits = high ?? Math.max(most, made.minimumFractionDigits);
    }
    made.notation = notation;
    const compactDisplay = one("compactDisplay", ["short", "long"], "short");
    if (notation === "compact") {
      Object.assign(made, { compactDisplay, rounded: !significant && high === undefined && low === undefined });
    }
    made.useGrouping = groupingOf(options.useGrouping, notation === "compact" ? "min2" : "auto", service);
    made.signDisplay = one("signDisplay", ["auto", "never", "always", "exceptZero", "negative"], "auto");
    made.roundingIncrement = digitsOption(options, "roundingIncrement", 1, 5000, 1);
    if (![1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000].includes(made.roundingIncrement)) {
      throw new RangeError("roundingIncrement value is out of range.");
    }
    if (
      made.roundingIncrement !== 1 && high !== undefined && made.maximumFractionDigits !== made.minimumFractionDigits
    ) throw new RangeError("maximumFractionDigits not equal to minimumFractionDigits");
    made.roundingMode = one("roundingMode", [
      "ceil",
      "floor",
      "expand",
      "trunc",
      "halfCeil",
      "halfFloor",
      "halfExpand",
      "halfTrunc",
      "halfEven",
    ], "halfExpand");
    made.roundingPriority = roundingPriority;
    if (made.roundingIncrement !== 1 && (significant || made.roundingPriority !== "auto")) {
      throw new TypeError("RoundingType is not fractionDigits");
    }
    made.trailingZeroDisplay = one("trailingZeroDisplay", ["auto", "stripIfInteger"], "auto");
    return made;
  }

  function groupingOf(value, usual, service) {
    if (value === undefined) return usual;
    if (value === true) return "always";
    if (value === false || value === null || value === 0 || value === "") return false;
    const text = String(value);
    if (text === "true" || text === "false") return usual;
    if (!["min2", "auto", "always"].includes(text)) {
      throw new RangeError(`Value ${text} out of range for ${service} options property useGrouping`);
    }
    return text;
  }

  function numberParts(locale, data, options, value) {
    const negative = typeof value === "object"
      ? value.isMinus
      : typeof value === "bigint"
      ? value < 0n
      : value < 0 || Object.is(value, -0);
    const { style, notation } = options;
    if (typeof value === "number" && isNaN(value)) {
      return around(locale, data, options, false, true, [{ type: "nan", value: data.symbols.nan }]);
    }
    if (value === Infinity || value === -Infinity) {
      return around(locale, data, options, negative, false, [{ type: "infinity", value: data.symbols.infinity }]);
    }
    let decimal = { ...(typeof value === "object" ? value : decimalOf(value)), negative, mode: options.roundingMode };
    if (style === "percent") decimal = { ...decimal, point: decimal.point + 2 };
    const [counted, rest] = figures(decimal, options); // names go with the number before it is made short
    const short = notation === "compact" ? compact(locale, options, decimal) : null;
    if (short) decimal = short.decimal;
    const raised = notation === "scientific" || notation === "engineering"
      ? exponentOf(decimal, notation, options)
      : null;
    if (raised) decimal = raised.decimal;
    const [whole, fraction] = figures(decimal, options);
    const zero = /^0*$/.test(whole + fraction);
    const money = style === "currency"
      ? { ...data.money, ...load(`currency:${locale.tag}|${options.currency}`).own }
      : data.symbols;
    const minimum = options.useGrouping === "always" ? 1 : options.useGrouping === "min2" ? 2 : data.grouping;
    const pattern = data
      .patterns[
        style === "currency" && options.currencyDisplay !== "name"
          ? (options.currencySign === "accounting" ? "accounting" : "currency")
          : style === "percent" && !short
          ? "percent"
          : "decimal"
      ];
    const groups = options.useGrouping === false ? [whole] : grouped(whole, split(pattern, ";")[0], minimum);
    const parts = groups.flatMap((
      part,
      i,
    ) => [...(i ? [{ type: "group", value: money.group }] : []), {
      type: "integer",
      value: digitized(part, data.digits),
    }]);
    if (fraction) {
      parts.push({ type: "decimal", value: money.decimal }, {
        type: "fraction",
        value: digitized(fraction, data.digits),
      });
    }
    if (raised) {
      parts.push({ type: "exponentSeparator", value: data.symbols.exponential });
      if (raised.power < 0) parts.push({ type: "exponentMinusSign", value: data.symbols.minusSign });
      parts.push({ type: "exponentInteger", value: digitized(String(Math.abs(raised.power)), data.digits) });
    }
    const written = raised ? (fraction ? whole + "." + fraction : whole) : rest ? counted + "." + rest : counted;
    return around(locale, data, options, negative, zero, parts, short, written);
  }

  function exponentOf(decimal, notation, options) {
    const leading = decimal.digits.match(/^0*/)[0].length;
    if (leading === decimal.digits.length) return { decimal, power: 0 };
    const scaled = (power) => (notation === "engineering" ? Math.floor(power / 3) * 3 : power);
    let power = scaled(decimal.point - leading - 1);
    const moved = () => ({ ...decimal, point: decimal.point - power });
    const [whole] = figures(moved(), { ...options, minimumIntegerDigits: 1 });
    const over = decimal.point - leading - power;
    if (whole.length > over && whole !== "0") power = scaled(power + (notation === "engineering" ? over : 1));
    return { decimal: moved(), power };
  }

  // Where both kinds of digits are asked for, the priority says which of the two counts.
  function isSignificant({ roundingPriority, maximumSignificantDigits, maximumFractionDigits }, magnitude) {
    return roundingPriority === "auto" ||
      (maximumSignificantDigits - magnitude >= maximumFractionDigits) === (roundingPriority === "morePrecision");
  }

  function figures(decimal, options) {
    let cut, least = options.minimumFractionDigits ?? 0, most = options.maximumFractionDigits ?? 0;
    const leading = decimal.digits.match(/^0*/)[0].length,
      magnitude = leading === decimal.digits.length ? 1 : decimal.point - leading;
    if (options.rounded || (options.minimumSignificantDigits && isSignificant(options, magnitude))) {
      const high = options.rounded ? Math.max(2, magnitude) : options.maximumSignificantDigits;
      most = Math.max(high - magnitude, 0);
      least = options.rounded ? 0 : Math.max(options.minimumSignificantDigits - magnitude, 0);
      cut = rounded(decimal, high - magnitude);
    } else {
      cut = rounded(decimal, most);
    }
    if (options.roundingIncrement > 1) cut = stepped(decimal, most, options.roundingIncrement);
    let [whole, fraction] = plainDigits(cut, most, least);
    if (options.trailingZeroDisplay === "stripIfInteger" && /^0*$/.test(fraction)) fraction = "";
    return [whole.padStart(options.minimumIntegerDigits, "0"), fraction];
  }

  // Neither a symbol nor a space. Tables of Unicode are large, so only signs beyond ASCII are looked up in them.
  const isLetter = (sign) => (sign < "\x80" ? !/[$+<=>^`|~ ]/.test(sign) : RegExp("[^\\p{S}\\p{Z}]", "u").test(sign));

  // To the nearest multiple of so many of the last digit.
  function stepped({ digits: all, point, negative = false, mode = "halfExpand" }, places, step) {
    const by = BigInt(step), behind = all.length - point;
    const value = BigInt(all) * 10n ** BigInt(places + Math.max(-behind, 0)),
      whole = by * 10n ** BigInt(Math.max(behind, 0));
    const head = value / whole, rest = value % whole, twice = rest * 2n;
    const up = goesUp(mode, String(head), !rest ? "0" : twice < whole ? "4" : twice === whole ? "5" : "6", negative);
    const digits = String((head + (up ? 1n : 0n)) * by).padStart(places + 1, "0");
    return { digits, point: digits.length - places };
  }

  // In thousands, millions and so on: the moved number and the pattern around it.
  function compact(locale, options, decimal) {
    const money = options.style === "currency" && options.currencyDisplay !== "name" ? "money" : "";
    const forms = load(["compact:" + locale.tag, locale.wishes.nu ?? "", options.compactDisplay, money].join("|"));
    const leading = decimal.digits.match(/^0*/)[0].length;
    const top = Math.max(...Object.keys(forms).map((power) => power.length - 1));
    const scaled = (power) => {
      const by = power < 0 ? undefined : forms["1" + "0".repeat(power)], pattern = by?.other;
      const zeros = pattern && split(pattern, ";")[0].replace(/'[^']*'/g, "").match(/0+/)?.[0].length;
      return pattern && pattern !== "0" ? { by, shift: power + 1 - zeros } : { by: null, shift: 0 };
    };
    if (leading === decimal.digits.length) return null;
    let power = Math.min(decimal.point - leading - 1, top);
    let found = scaled(power);
    const moved = () => ({ ...decimal, point: decimal.point - found.shift });
    // What rounds up to ten, a hundred or a thousand is written with the next pattern.
    const width = decimal.point - leading - found.shift;
    if (
      power >= 2 && width > 0 && figures(moved(), { ...options, minimumIntegerDigits: 1 })[0].length > width &&
      power < top
    ) found = scaled(++power);
    if (!found.by) return null;
    const [whole, fraction] = figures(moved(), options);
    const written = fraction ? whole + "." + fraction : whole;
    const exact = !fraction && found.by[whole];
    const several = Object.keys(found.by).length > 1;
    const form = several ? load("plurals").pluralOf(locale.stored, "cardinal", written) : "other";
    return { decimal: moved(), pattern: split(exact || found.by[form] || found.by.other, ";")[0] };
  }

  function signOf(options, negative, zero) {
    switch (options.signDisplay) {
      case "never":
        return "";
      case "always":
        return negative ? "-" : "+";
      case "exceptZero":
        return zero ? "" : negative ? "-" : "+";
      case "negative":
        return negative && !zero ? "-" : "";
      default:
        return negative ? "-" : "";
    }
  }

  // The number inside its pattern: the sign, the currency or percent mark, and the spaces between them.
  function around(locale, data, options, negative, zero, number, short, written = "Infinity") {
    const sign = signOf(options, negative, zero);
    const isMoney = options.style === "currency" && options.currencyDisplay !== "name";
    const isCounted = options.style === "percent" ? options.notation === "compact" : options.style === "unit" &&
      (options.unit !== "percent" || options.unitDisplay === "long" || options.notation === "compact");
    const isPercent = !isCounted && (options.style === "percent" || options.style === "unit");
    const kind = isMoney
      ? (options.currencySign === "accounting" ? "accounting" : "currency")
      : isPercent
      ? "percent"
      : "decimal";
    const isShortMoney = short && isMoney && /¤/.test(short.pattern);
    const [positive, minus] = isShortMoney ? [short.pattern.replace(/0+/, "0")] : split(data.patterns[kind], ";");
    let pattern = sign === "-"
      ? (minus ?? "-" + positive)
      : sign === "+"
      ? (minus?.includes("-") && !/[()]/.test(minus) ? minus.replace("-", "+") : "+" + positive)
      : positive;
    const inner = short && !isShortMoney ? short.pattern.replace(/0+/, "\0") : "\0";
    pattern = pattern.replace(/[#0][#0,.]*/, () => inner);
    const mark = isMoney ? currencyMark(locale, options) : "";
    if (mark && isLetter(mark.at(-1))) pattern = pattern.replace(/¤(?=\0)/, "¤" + data.gap);
    if (mark && isLetter(mark[0])) pattern = pattern.replace(/\0(?=¤)/, "\0" + data.gap);
    const parts = [];
    let literal = "";
    const flush = () => {
      if (literal) literals(parts, literal, short);
      literal = "";
    };
    const put = (type, value) => (flush(), parts.push({ type, value }));
    let quoted = false;
    for (const character of pattern) {
      if (character === "'") quoted = !quoted;
      else if (quoted) literal += character;
      else if (character === "\0") flush(), parts.push(...number);
      else if (character === "¤") put("currency", mark);
      else if (character === "%") put(options.style === "unit" ? "unit" : "percentSign", data.symbols.percentSign);
      else if (character === "-") put("minusSign", data.symbols.minusSign);
      else if (character === "+") put("plusSign", data.symbols.plusSign);
      else literal += character;
    }
    flush();
    if (options.style === "currency" && options.currencyDisplay === "name") {
      return named(locale, options, parts, written);
    }
    if (isCounted) return measured(locale, options, parts, written);
    return parts;
  }

  // Words of a compact pattern are parts of their own, the spaces around them are not.
  function literals(parts, text, short) {
    if (!short || !/[^\s\u200e\u200f\u061c()]/.test(text)) return void parts.push({ type: "literal", value: text });
    const [, before, word, after] = /^([\s\u200e\u200f\u061c(]*)([^]*?)([\s\u200e\u200f\u061c)]*)$/.exec(text);
    if (before) parts.push({ type: "literal", value: before });
    parts.push({ type: "compact", value: word });
    if (after) parts.push({ type: "literal", value: after });
  }

  const formOf = (locale, forms, written) =>
    (Object.keys(forms).length > 1 ? forms[load("plurals").pluralOf(locale.stored, "cardinal", written)] : undefined) ??
      forms.other;

  // `{0} {1}` filled with the number's parts and a name.
  function filled(pattern, parts, type, name) {
    const out = [];
    for (const piece of pattern.split(/(\{[01]\})/).filter(Boolean)) {
      if (piece === "{0}") {
        out.push(...parts);
      } else if (piece === "{1}") {
        out.push({ type, value: name });
      } else {
        const [, before, word, after] = /^(\s*)([^]*?)(\s*)$/.exec(piece);
        if (before) out.push({ type: "literal", value: before });
        if (word) out.push({ type, value: word });
        if (after) out.push({ type: "literal", value: after });
      }
    }
    return out;
  }

  function named(locale, options, parts, written) {
    const { names, patterns } = load(`currency:${locale.tag}|${options.currency}`);
    return filled(formOf(locale, patterns, written), parts, "currency", formOf(locale, names, written));
  }

  function measured(locale, options, parts, written) {
    const found = load(["unit:" + locale.tag, options.unit ?? "percent", options.unitDisplay ?? "short"].join("|"));
    const type = "unit";
    if (!found) return [...parts, { type: "literal", value: " " }, { type: "unit", value: options.unit }];
    const pattern = formOf(locale, found.forms, written);
    return filled(found.over ? found.over.replace("{0}", () => pattern) : pattern, parts, type);
  }

  function currencyMark(locale, { currency, currencyDisplay }) {
    if (currencyDisplay === "code") return currency;
    const { symbol, narrow } = load(`currency:${locale.tag}|${currency}`);
    return currencyDisplay === "narrowSymbol" ? narrow : symbol;
  }

  // What both ends have in common around the numbers, such as the currency, is written once.
  function rangeParts(from, to, { range, symbols }) {
    const text = (parts) => parts.map((part) => part.value).join("");
    const from_ = (list, source) => list.map((part) => ({ ...part, source }));
    if (text(from) === text(to)) {
      const at = from.findIndex((part) => part.type === "integer" || part.type === "currency");
      return [...from_(from.slice(0, at), "shared"), {
        type: "approximatelySign",
        value: symbols.approximatelySign ?? "~",
        source: "shared",
      }, ...from_(from.slice(at), "shared")];
    }
    const isMeasured = from.some((part) => part.type === "unit"); // then each end has its own sign
    const isSign = (part) => part.type === "minusSign" || part.type === "plusSign";
    const isNumber = (part) =>
      /^(?:integer|group|decimal|fraction|infinity)$/.test(part.type) || (isMeasured && isSign(part));
    const edges = (parts) => [parts.findIndex(isNumber), parts.findLastIndex(isNumber) + 1];
    const [a, b] = edges(from), [c, d] = edges(to);
    const dash = range.range.replace(/\{[01]\}/g, "");
    const before = text(from.slice(0, a)) === text(to.slice(0, c)), after = text(from.slice(b)) === text(to.slice(d));
    const count = (parts) => Array.from(text(parts)).length;
    const together = before && after && count(from.slice(0, a)) + count(from.slice(b)) > 1;
    const spaced = (together ? isSign(from[a]) || isSign(to[c]) : a > 0 || b < from.length) && !/^\s/.test(dash)
      ? ` ${dash} `
      : dash;
    if (!together) {
      return [
        ...from_(from, "startRange"),
        { type: "literal", value: spaced, source: "shared" },
        ...from_(to, "endRange"),
      ];
    }
    return [
      ...from_(from.slice(0, a), "shared"),
      ...from_(from.slice(a, b), "startRange"),
      { type: "literal", value: spaced, source: "shared" },
      ...from_(to.slice(c, d), "endRange"),
      ...from_(to.slice(d), "shared"),
    ];
  }

  return { NumberFormat };
});
