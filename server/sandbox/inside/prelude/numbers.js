// Intl.NumberFormat.
(function (host) {
  "use strict";
  const { tagsOf, resolve, option, digitsOption, split, plainTag } = host.load("locale");
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
      case "ceil": return !negative;
      case "floor": return negative;
      case "expand": return true;
      case "trunc": return false;
      case "halfCeil": return half > 0 || (half === 0 && !negative);
      case "halfFloor": return half > 0 || (half === 0 && negative);
      case "halfTrunc": return half > 0;
      case "halfEven": return half > 0 || (half === 0 && Number(head.at(-1)) % 2 === 1);
      default: return half >= 0;
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
      const { rounded: _, minimumSignificantDigits: least, maximumSignificantDigits: most, ...shown } = this.#options;
      const significant = this.#options.rounded ? { minimumSignificantDigits: 1, maximumSignificantDigits: 2 } : least ? { minimumSignificantDigits: least, maximumSignificantDigits: most } : {};
      const order = ["style", "currency", "currencyDisplay", "currencySign", "unit", "unitDisplay", "minimumIntegerDigits", "minimumFractionDigits", "maximumFractionDigits", "minimumSignificantDigits", "maximumSignificantDigits", "useGrouping", "notation", "compactDisplay", "signDisplay", "roundingMode", "roundingIncrement", "trailingZeroDisplay", "roundingPriority"];
      const all = { ...shown, ...significant, roundingPriority: this.#options.rounded ? "morePrecision" : shown.roundingPriority };
      const made = { locale: this.#locale.tag, numberingSystem: "latn" };
      for (const name of order) if (all[name] !== undefined) made[name] = all[name];
      return made;
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
    made.roundingIncrement = Number(options.roundingIncrement ?? 1);
    made.roundingMode = option(options, "roundingMode", ["ceil", "floor", "expand", "trunc", "halfCeil", "halfFloor", "halfExpand", "halfTrunc", "halfEven"], "halfExpand");
    made.roundingPriority = option(options, "roundingPriority", ["auto", "morePrecision", "lessPrecision"], "auto");
    made.trailingZeroDisplay = option(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto");
    return made;
  }

  function numberParts(data, options, value) {
    const negative = typeof value === "bigint" ? value < 0n : value < 0 || Object.is(value, -0);
    const { style, notation } = options;
    if (typeof value === "number" && isNaN(value)) return around(data, options, false, false, [{ type: "nan", value: data.symbols.nan }]);
    if (value === Infinity || value === -Infinity) return around(data, options, negative, false, [{ type: "infinity", value: data.symbols.infinity }]);
    let decimal = { ...decimalOf(value), negative, mode: options.roundingMode };
    if (style === "percent") decimal = { ...decimal, point: decimal.point + 2 };
    const unitPattern = notation === "compact" ? compact(data, options, decimal) : null;
    if (unitPattern) decimal = unitPattern.decimal;
    const raised = notation === "scientific" || notation === "engineering" ? exponentOf(decimal, notation, options) : null;
    if (raised) decimal = raised.decimal;
    const [whole, fraction] = figures(decimal, options);
    const zero = /^0*$/.test(whole + fraction);
    const minimum = options.useGrouping === "always" ? 1 : options.useGrouping === "min2" ? 2 : data.grouping;
    const pattern = data.patterns[style === "currency" ? "currency" : "decimal"];
    const groups = options.useGrouping === false ? [whole] : grouped(whole, split(pattern, ";")[0], minimum);
    const parts = groups.flatMap((part, i) => [...(i ? [{ type: "group", value: data.symbols.group }] : []), { type: "integer", value: part }]);
    if (fraction) parts.push({ type: "decimal", value: data.symbols.decimal }, { type: "fraction", value: fraction });
    if (raised) {
      parts.push({ type: "exponentSeparator", value: "E" });
      if (raised.power < 0) parts.push({ type: "exponentMinusSign", value: data.symbols.minusSign });
      parts.push({ type: "exponentInteger", value: String(Math.abs(raised.power)) });
    }
    return around(data, options, negative, zero, parts, unitPattern, value);
  }

  function exponentOf(decimal, notation, options) {
    const leading = decimal.digits.match(/^0*/)[0].length;
    if (leading === decimal.digits.length) return { decimal, power: 0 };
    const scaled = (power) => (notation === "engineering" ? Math.floor(power / 3) * 3 : power);
    let power = scaled(decimal.point - leading - 1);
    const moved = () => ({ ...decimal, point: decimal.point - power });
    const [whole] = figures(moved(), options);
    const over = decimal.point - leading - power;
    if (whole.length > over && whole !== "0") power = scaled(power + (notation === "engineering" ? over : 1));
    return { decimal: moved(), power };
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
    if (options.roundingIncrement > 1) cut = stepped(cut, most, options.roundingIncrement);
    let [whole, fraction] = plainDigits(cut, most, least);
    if (options.trailingZeroDisplay === "stripIfInteger" && /^0*$/.test(fraction)) fraction = "";
    return [whole.padStart(options.minimumIntegerDigits, "0"), fraction];
  }

  // To the nearest multiple of so many of the last digit.
  function stepped(cut, places, step) {
    const [whole, fraction] = plainDigits(cut, places, places);
    const units = BigInt(whole + fraction), by = BigInt(step);
    const digits = String(((units + by / 2n) / by) * by).padStart(places + 1, "0");
    return { digits, point: digits.length - places };
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
    let pattern = sign === "-" ? (minus ?? "-" + positive) : sign === "+" ? (minus?.includes("-") && !/[()]/.test(minus) ? minus.replace("-", "+") : "+" + positive) : positive;
    pattern = pattern.replace(/[#0][#0,.]*/, unitPattern ? unitPattern.pattern.replace(/0+/, "\0") : "\0");
    const mark = options.style === "currency" ? currencyMark(data, options) : "";
    if (mark && /\p{L}$/u.test(mark)) pattern = pattern.replace(/¤(?=\0)/, "¤\u00a0");
    if (mark && /^\p{L}/u.test(mark)) pattern = pattern.replace(/\0(?=¤)/, "\0\u00a0");
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
    if (options.style === "currency" && options.currencyDisplay === "name") return named(data, options, parts, number);
    if (options.style === "unit") return measured(data, options, parts, number);
    return parts;
  }

  const digitsOf = (number) => number.map(({ type, value }) => (type === "decimal" ? "." : type === "integer" || type === "fraction" ? value : "")).join("");
  const formOf = (data, forms, number) => forms[load("plurals").pluralOf(data.tag, "cardinal", digitsOf(number) || "Infinity")] ?? forms.other;

  // `{0} {1}` filled with the number's parts and a name.
  function filled(pattern, parts, type, name) {
    const out = [];
    for (const piece of pattern.split(/(\{[01]\})/).filter(Boolean)) {
      if (piece === "{0}") out.push(...parts);
      else if (piece === "{1}") out.push({ type, value: name });
      else if (/^\s+$/.test(piece)) out.push({ type: "literal", value: piece });
      else for (const bit of piece.split(/(\s+)/).filter(Boolean)) out.push({ type: /\s/.test(bit) ? "literal" : type, value: bit });
    }
    return out;
  }

  function named(data, options, parts, number) {
    const { names, patterns } = load("currencies:" + data.tag);
    const name = names[options.currency] ? formOf(data, names[options.currency], number) : options.currency;
    return filled(formOf(data, patterns, number) ?? "{0} {1}", parts, "currency", name);
  }

  function measured(data, options, parts, number) {
    const { units, per } = load("units:" + data.tag), width = options.unitDisplay;
    const forms = (name) => [width, "short", "long"].map((each) => units[name]?.[each]).find((found) => found?.other);
    if (forms(options.unit)) return filled(formOf(data, forms(options.unit), number), parts, options.unit === "percent" ? "percentSign" : "unit");
    const [what, by] = options.unit.split("-per-");
    if (!by || !forms(what) || !forms(by)) return [...parts, { type: "literal", value: " " }, { type: "unit", value: options.unit }];
    const over = forms(by).other.replace("{0}", "").trim();
    return filled(formOf(data, forms(what), number) + (per[width] ?? "{0}/{1}").replace("{0}", "").replace("{1}", over), parts, "unit");
  }

  const NARROW = {
    AFN: "؋", AMD: "֏", AOA: "Kz", ARS: "$", AUD: "$", AZN: "₼", BAM: "KM", BBD: "$", BDT: "৳", BMD: "$", BND: "$", BOB: "Bs", BRL: "R$", BSD: "$", BWP: "P", BZD: "$", CAD: "$", CLP: "$", CNY: "¥", COP: "$", CRC: "₡", CUC: "$", CUP: "$", CZK: "Kč", DKK: "kr", DOP: "$", EGP: "E£", EUR: "€", FJD: "$", FKP: "£", GBP: "£", GEL: "₾", GHS: "GH₵", GIP: "£", GNF: "FG", GTQ: "Q", GYD: "$", HKD: "$", HNL: "L", HRK: "kn", HUF: "Ft", IDR: "Rp", ILS: "₪", INR: "₹", ISK: "kr", JMD: "$", JPY: "¥", KGS: "⃀", KHR: "៛", KMF: "CF", KPW: "₩", KRW: "₩", KYD: "$", KZT: "₸", LAK: "₭", LBP: "L£", LKR: "Rs", LRD: "$", MGA: "Ar", MMK: "K", MNT: "₮", MUR: "Rs", MXN: "$", MYR: "RM", NAD: "$", NGN: "₦", NIO: "C$", NOK: "kr", NPR: "Rs", NZD: "$", PHP: "₱", PKR: "Rs", PLN: "zł", PYG: "₲", RON: "lei", RUB: "₽", RWF: "RF", SBD: "$", SEK: "kr", SGD: "$", SHP: "£", SRD: "$", SSP: "£", STN: "Db", SYP: "£", THB: "฿", TOP: "T$", TRY: "₺", TTD: "$", TWD: "$", UAH: "₴", USD: "$", UYU: "$", VND: "₫", XAF: "FCFA", XCD: "$", XCG: "Cg.", XOF: "F CFA", XPF: "CFPF", ZAR: "R", ZMW: "ZK",
  };

  function currencyMark(data, { currency, currencyDisplay }) {
    if (currencyDisplay === "code") return currency;
    if (currencyDisplay === "narrowSymbol") return NARROW[currency] ?? data.currencies[currency] ?? currency;
    return data.currencies[currency] ?? currency;
  }

  return { NumberFormat };
});
