// Intl.DateTimeFormat. Python chooses the pattern and sends the names in it; here it is filled.
(function (host) {
  "use strict";
  const { resolve, extended, numbersOf, option, digitsOption, optionsOf, matcher, system, behind, digitized } = host
    .load("locale");
  const { load } = host;

  const STYLES = ["full", "long", "medium", "short"];
  const NARROW = { narrow: 5, short: 3, long: 4 }, NUMERIC = { "2-digit": 2, numeric: 1 };
  const ZONES = {
    short: "z",
    long: "zzzz",
    shortOffset: "O",
    longOffset: "OOOO",
    shortGeneric: "v",
    longGeneric: "vvvv",
  };
  // Option → letter and how often it is repeated; in the order in which V8 reads them.
  const FIELDS = {
    weekday: ["E", NARROW],
    era: ["G", NARROW],
    year: ["y", NUMERIC],
    month: ["M", { ...NUMERIC, ...NARROW }],
    day: ["d", NUMERIC],
    dayPeriod: ["B", { narrow: 5, short: 1, long: 4 }],
    hour: ["j", NUMERIC],
    minute: ["m", NUMERIC],
    second: ["s", NUMERIC],
  };
  const DATE = ["weekday", "year", "month", "day"],
    TIME = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];

  class DateTimeFormat {
    #locale;
    #options;
    #form;
    #zone;
    #numbers;
    #format;

    constructor(locales, options, needed = "any", usual = "date", service = "Intl.DateTimeFormat") {
      const given = optionsOf(options);
      matcher(given, service);
      const calendar = system(given, "calendar"), numbering = system(given, "numberingSystem");
      const { hour12 } = given;
      const cycle = option(given, "hourCycle", ["h11", "h12", "h23", "h24"], undefined, service);
      this.#locale = resolve(locales, ["ca", "hc", "nu"], {
        ca: calendar,
        nu: numbering,
        hc: hour12 === undefined ? cycle : hour12 ? "12" : "24",
      });
      this.#numbers = numbersOf(this.#locale);
      this.#options = dateOptions(given, needed, usual, service);
      this.#zone = zoneOf(given.timeZone === undefined ? "UTC" : String(given.timeZone));
      const { ca = "", hc = "" } = this.#locale.wishes, { dateStyle = "", timeStyle = "" } = this.#options;
      const skeleton = dateStyle || timeStyle ? "" : skeletonOf(this.#options);
      this.#form = load(`date:${this.#locale.tag}|${ca}|${hc}|${skeleton}|${dateStyle}|${timeStyle}`);
    }
    get format() {
      const self = behind(this, #format in Object(this), DateTimeFormat);
      return (self.#format ??= (date) => self.#parts(timeOf(date)).map((part) => part.value).join(""));
    }
    formatToParts(date) {
      return this.#parts(timeOf(date));
    }
    #parts(time) {
      return partsOf(
        this.#form,
        this.#form.pattern,
        momentIn(this.#zone, time, this.#form.calendar),
        this.#locale.stored,
        this.#numbers,
        this.#options,
      );
    }
    #ends(start, end) {
      if (start === undefined || end === undefined) throw new TypeError("Invalid time value");
      return [timeOf(start), timeOf(end)];
    }
    formatRange(start, end) {
      return this.formatRangeToParts(start, end).map((part) => part.value).join("");
    }
    formatRangeToParts(start, end) {
      const [from, to] = this.#ends(start, end);
      const moment = (time) => momentIn(this.#zone, time, this.#form.calendar);
      const { ca = "", hc = "" } = this.#locale.wishes;
      const inner = (pattern, form, time) =>
        partsOf(form, pattern, moment(time), this.#locale.stored, this.#numbers, this.#options, true);
      return load("ranges").partsOfRange(
        this.#form,
        [this.#locale.tag, ca, hc],
        moment(from),
        moment(to),
        (form, pattern, second) => inner(pattern, form, second ? to : from),
      );
    }
    resolvedOptions() {
      return behind(this, #format in Object(this), DateTimeFormat).#resolved();
    }
    #resolved() {
      const { tag, words, wishes } = this.#locale,
        { calendar, cycle, pattern } = this.#form,
        { system } = this.#numbers;
      let shown = {
        locale: extended(tag, words, { ca: calendar, hc: cycle ?? wishes.hc, nu: system }),
        calendar,
        numberingSystem: system,
        timeZone: this.#zone.name,
      };
      if (cycle) Object.assign(shown, { hourCycle: cycle, hour12: cycle === "h11" || cycle === "h12" });
      const { dateStyle, timeStyle } = this.#options;
      if (!dateStyle && !timeStyle) shown = { ...shown, ...fieldsOf(pattern, this.#options) };
      if (dateStyle) shown.dateStyle = dateStyle;
      if (timeStyle) shown.timeStyle = timeStyle;
      return shown;
    }
  }

  function timeOf(date) {
    const time = date === undefined ? Date.now() : Number(date);
    if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) throw new RangeError("Invalid time value");
    return Math.trunc(time);
  }

  function dateOptions(options, needed, usual, service) {
    const made = { __proto__: null };
    for (const name of Object.keys(FIELDS)) {
      made[name] = option(options, name, Object.keys(FIELDS[name][1]), undefined, service);
    }
    made.fractionalSecondDigits = digitsOption(options, "fractionalSecondDigits", 1, 3);
    made.timeZoneName = option(options, "timeZoneName", Object.keys(ZONES), undefined, service);
    option(options, "formatMatcher", ["best fit", "basic"], undefined, service);
    made.dateStyle = option(options, "dateStyle", STYLES, undefined, service);
    made.timeStyle = option(options, "timeStyle", STYLES, undefined, service);
    if (made.dateStyle || made.timeStyle) {
      const clash = [...Object.keys(FIELDS), "fractionalSecondDigits", "timeZoneName"].find((name) =>
        made[name] !== undefined
      );
      if (clash) {
        throw new TypeError(`Can't set option ${clash} when ${made.dateStyle ? "dateStyle" : "timeStyle"} is used`);
      }
      if (usual === "date" && needed === "date" && made.timeStyle) throw new TypeError("Invalid option : timeStyle");
      if (usual === "time" && needed === "time" && made.dateStyle) throw new TypeError("Invalid option : dateStyle");
      return made;
    }
    const given = [...(needed !== "time" ? DATE : []), ...(needed !== "date" ? TIME : [])];
    if (given.every((name) => made[name] === undefined)) {
      if (usual !== "time") made.year = made.month = made.day = "numeric";
      if (usual !== "date") made.hour = made.minute = made.second = "numeric";
    }
    return made;
  }

  function skeletonOf(options) {
    let made = "";
    for (const name of Object.keys(FIELDS)) {
      const [letter, widths] = FIELDS[name];
      if (options[name] !== undefined) made += letter.repeat(widths[options[name]]);
    }
    return made + "S".repeat(options.fractionalSecondDigits ?? 0) +
      (options.timeZoneName ? ZONES[options.timeZoneName] : "");
  }

  // What the pattern came out as, in the words of the options.
  function fieldsOf(pattern, options) {
    const shown = { __proto__: null }, plain = pattern.replace(/'[^']*'/g, "");
    const run = (letters) => new RegExp(`([${letters}])\\1*`).exec(plain)?.[0];
    const word = (widths, length) => Object.keys(widths).find((name) => widths[name] === length);
    const names = {
      weekday: "Ec",
      era: "G",
      year: "y",
      month: "ML",
      day: "d",
      dayPeriod: "bB",
      hour: "hHkK",
      minute: "m",
      second: "s",
    };
    for (const name of Object.keys(names)) {
      const found = run(names[name]);
      if (!found) continue;
      const length = found.length === 1 && (name === "weekday" || name === "era")
        ? 3
        : name === "weekday" && found.length === 3
        ? 3
        : found.length;
      shown[name] = word(FIELDS[name][1], length);
    }
    if (run("S")) shown.fractionalSecondDigits = run("S").length;
    if (options.timeZoneName && run("zOv")) {
      shown.timeZoneName = Object.keys(ZONES).find((name) => ZONES[name] === run("zOv"));
    }
    return shown;
  }

  function zoneOf(name) {
    if (/^(?:utc|gmt)$/i.test(name)) return { name: "UTC", known: {} };
    const offset = /^([+-])([01]\d|2[0-3]):?([0-5]\d)?$/.exec(name);
    const zone = !offset && /^[\w+\-/]{1,60}$/.test(name) ? load(`zone:${name}|202`) : null;
    if (!zone) throw new RangeError(`Invalid time zone specified: ${name}`);
    return { name: zone.name, known: { 202: zone.changes } };
  }

  // The parts of a day in a zone; `summer` and `at`, the second, are for the zone's name.
  function momentIn(zone, time, calendar) {
    let seconds = 0, summer = false;
    if (zone.name !== "UTC") {
      const decade = Math.floor(new Date(time).getUTCFullYear() / 10);
      const changes = (zone.known[decade] ??= load(`zone:${zone.name}|${decade}`).changes);
      [, seconds, summer] = changes[0];
      for (const [from, ...then] of changes) {
        if (from * 1000 > time) break;
        [seconds, summer] = then;
      }
    }
    const local = new Date(time + seconds * 1000);
    return { local, seconds, summer, at: Math.floor(time / 1000), zone: zone.name, ...dayOf(local, calendar) };
  }

  // Era, year, month from 1, day and weekday, as the calendar counts.
  function dayOf(local, calendar) {
    const year = local.getUTCFullYear(),
      month = local.getUTCMonth() + 1,
      day = local.getUTCDate(),
      weekday = local.getUTCDay();
    if (calendar === "buddhist") return { era: 0, year: year + 543, month, day, weekday };
    if (calendar === "persian") return { ...persian(local), weekday };
    return year > 0 ? { era: 1, year, month, day, weekday } : { era: 0, year: 1 - year, month, day, weekday };
  }

  // Years begin at the spring equinox, which 33 years with eight leap years follow closely.
  const BEFORE_1970 = 492268;
  function persian(local) {
    const days = Math.floor(local.getTime() / 864e5) + BEFORE_1970;
    const first = (year) => 365 * (year - 1) + Math.floor((8 * year + 21) / 33);
    let year = 1 + Math.floor((33 * days + 3) / 12053);
    while (first(year + 1) <= days) year++;
    while (first(year) > days) year--;
    const at = days - first(year);
    const month = at < 216 ? Math.floor(at / 31) : Math.floor((at - 6) / 30);
    return { era: 0, year, month: month + 1, day: at - (month <= 6 ? month * 31 : month * 30 + 6) + 1 };
  }

  const TYPES = {
    G: "era",
    y: "year",
    M: "month",
    L: "month",
    E: "weekday",
    c: "weekday",
    d: "day",
    a: "dayPeriod",
    b: "dayPeriod",
    B: "dayPeriod",
    h: "hour",
    H: "hour",
    k: "hour",
    K: "hour",
    m: "minute",
    s: "second",
    S: "fractionalSecond",
    z: "timeZoneName",
    v: "timeZoneName",
    O: "timeZoneName",
    Y: "year",
  };

  function partsOf({ names }, pattern, moment, stored, { digits, symbols }, options, isRange = false) {
    const parts = [];
    const literal = (text) => {
      if (parts.at(-1)?.type === "literal") parts.at(-1).value += text;
      else parts.push({ type: "literal", value: text });
    };
    const number = (value, length) => digitized(String(value).padStart(length, "0"), digits);
    // V8 writes a plain space where CLDR has the narrow one, since too much code on the web reads times back.
    const plain = isRange ? (text) => text : (text) => text.replaceAll("\u202f", " ");
    const written = pattern.replace(/(s)[.,](?=S)/, (_, second) => second + symbols.decimal);
    for (const [run, letter] of written.matchAll(/''|'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+/g)) {
      if (letter && TYPES[letter]) {
        parts.push({
          type: TYPES[letter],
          value: plain(field(letter, run.length, names[run[0] + run.length], moment, number, stored, digits, options)),
        });
      } else literal(plain(run === "''" ? "'" : run.startsWith("'") ? run.slice(1, -1).replaceAll("''", "'") : run));
    }
    return parts;
  }

  function field(letter, length, names, moment, number, stored, digits, options) {
    const { local } = moment, hour = local.getUTCHours();
    switch (letter) {
      case "G":
        return names?.[moment.era] ?? "";
      case "y":
      case "Y":
        return length === 2 ? number(moment.year % 100, 2) : number(moment.year, length);
      case "M":
      case "L":
        return names ? names[moment.month - 1] : number(moment.month, length);
      case "E":
      case "c":
        return names[moment.weekday];
      case "d":
        return number(moment.day, length);
      case "a":
        return names[hour < 12 ? 0 : 1];
      case "b":
      case "B":
        return (hour === 12 && isSharp(moment, options) && names[24]) || names[hour];
      case "h":
        return number(hour % 12 || 12, length);
      case "K":
        return number(hour % 12, length);
      case "H":
        return number(hour, length);
      case "k":
        return number(hour || 24, length);
      case "m":
        return number(local.getUTCMinutes(), length);
      case "s":
        return number(local.getUTCSeconds(), length);
      case "S":
        return number(String(local.getUTCMilliseconds()).padStart(3, "0").slice(0, length), length);
      default:
        return zoneName(stored, letter, length, moment, digits);
    }
  }

  // As far as is shown.
  const isSharp = ({ local }, { minute, second, timeStyle }) =>
    !((minute || timeStyle) && local.getUTCMinutes()) && !((second || timeStyle) && local.getUTCSeconds());

  function zoneName(stored, letter, length, { zone, seconds, summer, at }, digits) {
    const long = length === 4,
      style = Object.keys(ZONES).find((name) => ZONES[name] === letter.repeat(length)) ?? "short";
    const { gmt, names = [] } = load(`zonename:${stored}|${zone}|${style}`);
    const found = names.findLast(([from]) => from <= at);
    const name = letter === "v" ? found && generic(found, zone, seconds, summer, at) : found?.[summer ? 2 : 1];
    if (name) return name;
    const [pattern, hours] = gmt;
    const total = Math.abs(seconds),
      [hour, minute, second] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
    const [plus, minus] = hours.split(";"), two = (n) => String(n).padStart(2, "0");
    const form = seconds < 0 ? minus : plus, colon = /H+(.*?)mm/.exec(form)[1];
    const said = long || minute || second ? colon + two(minute) + (second ? colon + two(second) : "") : "";
    const text = form.replace(
      said ? /H+.*?mm/ : /H+.*$/,
      () => digitized((long ? two(hour) : String(hour)) + said, digits),
    );
    return pattern.replace("{0}", () => text);
  }

  const near = (zone, at) =>
    load(`zone:${zone}|${Math.floor(new Date(at * 1000).getUTCFullYear() / 10)}`)?.changes ?? [];

  // The name of a zone in winter and summer alike; with the place where the zone that gave the name shows another hour.
  function generic([, , , changing, constant, home, partial], zone, seconds, summer, at) {
    const half = 184 * 86400, changes = near(zone, at);
    const changesSoon = summer ||
      changes.some(([from, , isSummer], i) =>
        isSummer && (changes[i + 1]?.[0] ?? Infinity) > at - half && from < at + half
      );
    if (!changesSoon && constant !== changing) return constant;
    if (home && near(home, at).findLast(([from], i) => from <= at || !i)?.[1] !== seconds) return partial;
    return changing;
  }

  return { DateTimeFormat };
});
