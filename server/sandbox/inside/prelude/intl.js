// The methods of the language that stand on Intl. Dates and numbers come when one of them is written.
(function (host) {
  "use strict";
  const { tagsOf } = host.load("locale");
  const dates = (...given) => new (host.load("dates").DateTimeFormat)(...given);
  const amounts = (...given) => new (host.load("numbers").NumberFormat)(...given);

  function dated(date, locales, options, needed, usual, name) {
    const service = "Date.prototype." + name;
    if (!isDate(date)) throw new TypeError(`Method ${service} called on incompatible receiver ${String(date)}`);
    const time = getTime.call(date);
    return isNaN(time) ? "Invalid Date" : dates(locales, options, needed, usual, service).format(time);
  }
  const { getTime } = Date.prototype;
  function isDate(value) {
    try {
      getTime.call(value);
      return true;
    } catch {
      return false;
    }
  }
  function own(value, name) {
    if (isDate(value)) return;
    const shown = value !== null && typeof value === "object" && !Array.isArray(value)
      ? `#<${value.constructor?.name ?? "Object"}>`
      : Array.isArray(value)
      ? "[object Array]"
      : String(value);
    throw new TypeError(`Method Date.prototype.${name} called on incompatible receiver ${shown}`);
  }
  function coerced(value, name) {
    if (value === undefined || value === null) {
      throw new TypeError(`String.prototype.${name} called on null or undefined`);
    }
    return String(value);
  }
  const TURKIC = (locales) => /^(tr|az)(-|$)/.test(tagsOf(locales)[0] ?? "");
  const stamps = { date: Date.prototype.toDateString, iso: Date.prototype.toISOString };
  const clock = (date) => stamps.iso.call(date).replace(/^.*T|\..*$/g, "") + " GMT+0000 (Coordinated Universal Time)";
  const methods = {
    toString() {
      own(this, "toString");
      return isNaN(getTime.call(this)) ? "Invalid Date" : stamps.date.call(this) + " " + clock(this);
    },
    toTimeString() {
      own(this, "toTimeString");
      return isNaN(getTime.call(this)) ? "Invalid Date" : clock(this);
    },
    toLocaleString(locales, options) {
      return dated(this, locales, options, "any", "all", "toLocaleString");
    },
    toLocaleDateString(locales, options) {
      return dated(this, locales, options, "date", "date", "toLocaleDateString");
    },
    toLocaleTimeString(locales, options) {
      return dated(this, locales, options, "time", "time", "toLocaleTimeString");
    },
  };
  const { valueOf: numberOf } = Number.prototype, { valueOf: bigOf } = BigInt.prototype;
  const numbers = {
    toLocaleString(locales, options) {
      if (typeof this !== "number" && Object.prototype.toString.call(this) !== "[object Number]") {
        throw new TypeError(
          "Number.prototype.toLocaleString requires that 'this' be a Number",
        );
      }
      return amounts(locales, options, "Number.prototype.toLocaleString").format(numberOf.call(this));
    },
  };
  const bigs = {
    toLocaleString(locales, options) {
      return amounts(locales, options, "BigInt.prototype.toLocaleString").format(bigOf.call(this));
    },
  };
  const lists = {
    toLocaleString(locales, options) {
      return Array.from(
        this,
        (item) => (item === undefined || item === null ? "" : item.toLocaleString(locales, options)),
      ).join(",");
    },
  };
  // `items` throws for what is no typed array.
  function typedToText(items, list, locales, options) {
    return Array.from(items.call(list), (item) => item.toLocaleString(locales, options)).join(",");
  }
  const isGreek = (locales) => /^el(-|$)/.test(tagsOf(locales)[0] ?? ""),
    isLithuanian = (locales) => /^lt(-|$)/.test(tagsOf(locales)[0] ?? "");
  // Capitals are written without their tonos; a diaeresis stays, and comes where the tonos kept two vowels apart.
  function greekUpper(text) {
    const split = text.normalize("NFD").replace(/(?<![\p{L}\p{M}])([ηΗ])\u0301(?![\p{L}\p{M}])/gu, "$1\0"); // the word "or" keeps it
    const apart = split.replace(/([αεηουω])\u0301([ιυ])(?![\u0308\u0301])/gi, "$1$2\u0308");
    const plain = apart.replace(
      /([\u0370-\u03ff\u1f00-\u1fff])([\u0300-\u0345]+)/g,
      (_, letter, marks) =>
        letter + (marks.includes("\u0308") ? "\u0308" : "") + (marks.includes("\u0345") ? "Ι" : "") +
        marks.replace(/[\u0300-\u0304\u0306-\u0308\u0311-\u0314\u0342-\u0345]/g, ""),
    );
    return upper.call(plain).replaceAll("\u0000", "\u0301").normalize("NFC");
  }
  const lower = String.prototype.toLowerCase, upper = String.prototype.toUpperCase;
  const ABOVE = /[\u0300-\u0314\u{1d185}-\u{1d189}\u{1d1aa}-\u{1d1ad}\u033d-\u0344\u0346\u034a-\u034c]/u; // signs that stand on top of a letter
  const strings = {
    localeCompare(other, locales, options) {
      return host.load("order").compare(coerced(this, "localeCompare"), String(other), locales, options);
    },
    toLocaleUpperCase(locales) {
      coerced(this, "toLocaleUpperCase");
      return isGreek(locales) ? greekUpper(String(this)) : upper.call(
        isLithuanian(locales)
          ? String(this).replace(/(\p{Soft_Dotted}\p{M}*?)\u0307/gu, (all, kept) => (ABOVE.test(kept) ? all : kept))
          : TURKIC(locales)
          ? String(this).replaceAll("i", "İ")
          : this,
      );
    },
    toLocaleLowerCase(locales) {
      let text = coerced(this, "toLocaleLowerCase");
      if (TURKIC(locales)) {
        text = text.replace(/I(\p{M}*?)\u0307/gu, (all, marks) => (ABOVE.test(marks) ? all : "i" + marks)).replaceAll(
          "İ",
          "i",
        ).replaceAll("I", "ı");
      }
      if (isLithuanian(locales)) {
        text = text.replace(
          /([IJĮ])(?=\p{M}*?[\u0300-\u0314\u{1d185}-\u{1d189}\u{1d1aa}-\u{1d1ad}\u033d-\u0344\u0346\u034a-\u034c])|[ÌÍĨ]/gu,
          (sign) =>
            ({ İ: "i\u0307\u0307", Ì: "i\u0307\u0300", Í: "i\u0307\u0301", Ĩ: "i\u0307\u0303" })[sign] ??
              lower.call(sign) + "\u0307",
        );
      }
      return lower.call(text);
    },
  };

  return {
    get Intl() {
      return host.load("constructors").Intl;
    },
    "Number.toLocaleString": numbers.toLocaleString,
    "BigInt.toLocaleString": bigs.toLocaleString,
    "Date.toLocaleString": methods.toLocaleString,
    "Date.toLocaleDateString": methods.toLocaleDateString,
    "Date.toLocaleTimeString": methods.toLocaleTimeString,
    "Date.toString": methods.toString,
    "Date.toTimeString": methods.toTimeString,
    typedToText,
    "Array.toLocaleString": lists.toLocaleString,
    "String.localeCompare": strings.localeCompare,
    "String.toLocaleUpperCase": strings.toLocaleUpperCase,
    "String.toLocaleLowerCase": strings.toLocaleLowerCase,
  };
});
