// Intl.DateTimeFormat.
(function (host) {
  "use strict";
  const { resolve, option, digitsOption } = host.load("locale");
  const { NumberFormat } = host.load("numbers");
  const { load } = host;

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
      return from === to ? from : from + "\u2009–\u2009" + to;
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
    if (style === "full" && /^es\b/.test(data.tag)) return date + ", " + time;
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
    return widened(data, pattern, options);
  }

  // The fields of the pattern as wide as the options ask; what is plainly numeric stays as the locale writes it.
  function widened(data, pattern, options) {
    const apart = /^(?:en-GB|fr|pt)\b/.test(data.tag) || (/^tr\b/.test(data.tag) && options.month === "2-digit");
    return pattern.replace(/'[^']*'|([GyMLEcd])\1*/g, (run, letter) => {
      if (!letter) return run;
      const name = { G: "era", y: "year", M: "month", L: "month", E: "weekday", c: "weekday", d: "day" }[letter];
      const asked = options[name];
      if (asked === "2-digit") return letter.repeat(2);
      const mixed = (options.day === "2-digit") !== (options.month === "2-digit") && /numeric|2-digit/.test(options.month ?? "") && options.day;
      if (asked === "numeric" && apart && mixed && name !== "year" && run.length < 3) return letter;
      if (asked === "numeric" || asked === undefined) return run;
      if (run.length < 3 && name === "month") return run;  // such as 2月, whose month is always a number
      return letter.repeat(WIDTHS[asked]);
    });
  }

  // A clock that is not the locale's own has none of its words, such as German "h 'Uhr' a".
  const wordless = (pattern) => pattern.replace(/'[^']*'\s*/g, "");

  function timePattern(data, options) {
    const { hour, minute, second, timeZoneName, fractionalSecondDigits } = options;
    const half = twelve(data, options);
    let pattern = "";
    if (hour) {
      const skeleton = (half ? "h" : "H") + (minute || second ? "m" : "") + (second ? "s" : "");
      pattern = data.skeletons[skeleton];
      if (hour === "2-digit") pattern = pattern.replace(/([hHkK])\1*/, (run, letter) => letter.repeat(2));
      if (options.hourCycle === "h24" || (options.hour12 === false && usesHalves(data) && !options.hourCycle)) pattern = pattern.replaceAll("H", "k");
      if (options.hour12 === true && !usesHalves(data)) pattern = wordless(pattern).replaceAll("h", "K");
      if (options.hourCycle === "h11") pattern = wordless(pattern).replaceAll("h", "K");
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

  const ZONE_NAMES = { GMT: "Greenwich Mean Time", BST: "British Summer Time", CET: "Central European Standard Time", CEST: "Central European Summer Time", EET: "Eastern European Standard Time", EEST: "Eastern European Summer Time", WET: "Western European Standard Time", WEST: "Western European Summer Time", IST: "India Standard Time", JST: "Japan Standard Time", KST: "Korean Standard Time", AEST: "Australian Eastern Standard Time", AEDT: "Australian Eastern Daylight Time", NZST: "New Zealand Standard Time", NZDT: "New Zealand Daylight Time", WAT: "West Africa Time", SAST: "South Africa Standard Time", HKT: "Hong Kong Standard Time" };

  function zoneName(data, length, offset, zone, isUTC, options) {
    const long = length === 4 || options.timeZoneName === "longOffset";
    if (isUTC) return options.timeZoneName === "shortOffset" ? "GMT+0" : /Offset/.test(options.timeZoneName) ? "GMT" : long ? "Coordinated Universal Time" : "UTC";
    if (EUROPEAN.includes(zone) && data.tag === "en-GB" && !long && !/Offset/.test(options.timeZoneName)) return zone;
    if (LONG_ZONES[zone] && (data.tag === "en-US" || data.tag === "en" || data.tag === "en-CA" || (long && data.tag.startsWith("en"))) && !/Offset/.test(options.timeZoneName)) return long ? LONG_ZONES[zone] : zone;
    if (long && ZONE_NAMES[zone] && data.tag.startsWith("en") && !/Offset/.test(options.timeZoneName)) return ZONE_NAMES[zone];
    if (!offset) return options.timeZoneName === "shortOffset" ? "GMT+0" : "GMT";
    const hours = Math.floor(Math.abs(offset) / 60), minutes = Math.abs(offset) % 60;
    const sign = offset < 0 ? "-" : "+";
    return "GMT" + sign + (long ? pad(hours, 2) + ":" + pad(minutes, 2) : hours + (minutes ? ":" + pad(minutes, 2) : ""));
  }

  return { DateTimeFormat };
});
