// Date.parse as V8 reads a text: first the language's own form, then what people write, with rules of its own (after
// KJS): words before the first number are passed over, and words behind it are zones, months, AM and PM, or a mistake.
(function (host) {
  "use strict";
  const { date: Native } = host;
  const NONE = -1;
  const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
  const ZONES = { ut: 0, utc: 0, z: 0, gmt: 0, est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 };
  const isIn = (n, low, high) => n >= low && n <= high;
  const isMonth = (n) => isIn(n, 1, 12),
    isDay = (n) => isIn(n, 1, 31),
    isHour = (n) => isIn(n, 0, 23),
    isSixtieth = (n) => isIn(n, 0, 59);

  // Tokens: { number, length }, { sign } for one of ":-+.)", { word, length }, { space } or {} for anything else.
  function tokensOf(text) {
    const tokens = [];
    for (let at = 0; at < text.length;) {
      const start = at, sign = text[at];
      if (isDigit(sign)) {
        while (isDigit(text[at])) at++;
        const digits = text.slice(start, at).replace(/^0+/, "").slice(0, 9);
        tokens.push({ number: Number(digits || 0), length: at - start });
      } else if (":-+.)".includes(sign)) {
        tokens.push({ sign });
        at++;
      } else if (sign >= "A" && !/\s/.test(sign)) {
        while (at < text.length && text[at] >= "A" && !/\s/.test(text[at])) at++;
        tokens.push(wordOf(text.slice(start, at)));
      } else if (/\s/.test(sign)) {
        while (at < text.length && /\s/.test(text[at])) at++;
        tokens.push({ space: true });
      } else if (sign === "(") {
        let depth = 0;
        do {
          if (text[at] === ")") depth--;
          else if (text[at] === "(") depth++;
          at++;
        } while (depth > 0 && at < text.length);
        tokens.push({});
      } else {
        tokens.push({});
        at++;
      }
    }
    return tokens;
  }
  const isDigit = (sign) => sign >= "0" && sign <= "9";

  function wordOf(text) {
    const word = text.slice(0, 3).replace(/[A-Z]/g, (letter) => letter.toLowerCase()), short = text.length <= 3;
    const month = MONTHS.indexOf(word) + 1;
    const zone = short && Object.hasOwn(ZONES, word) ? ZONES[word] : undefined;
    return {
      word,
      month,
      zone,
      half: short && word === "am" ? 0 : short && word === "pm" ? 12 : undefined,
      isZ: word === "z",
      isT: word === "t",
    };
  }

  function parse(text) {
    const tokens = tokensOf(text);
    let at = 0;
    const peek = () => tokens[at] ?? END;
    const isSign = (sign) => peek().sign === sign;
    const skip = (sign) => isSign(sign) && (at++, true);
    const isFixed = (length) => peek().length === length;
    const take = () => tokens[at++].number;

    const day = [], time = [], zone = { sign: 0, hour: NONE, minute: NONE };
    let month = 0, half = NONE, isIso = false, hasNumber = false;
    const isUtc = () => zone.hour === 0 && zone.minute === 0;
    const setZone = (hours) => Object.assign(zone, { sign: hours < 0 ? -1 : 1, hour: Math.abs(hours), minute: 0 });
    const addTime = (n) => time.length < 4 && time.push(n);
    const addLast = (n) => {
      addTime(n);
      while (time.length < 4) time.push(0);
    };
    const isNextOfTime = (n) =>
      (time.length === 1 && isSixtieth(n)) || (time.length === 2 && isSixtieth(n)) ||
      (time.length === 3 && isIn(n, 0, 999));
    const thousandths = (
      { number, length },
    ) => (length === 1
      ? number * 100
      : length === 2
      ? number * 10
      : Math.floor(number / 10 ** (Math.min(length, 9) - 3)));

    // The language's own form. False when the text can be no date; what is left is read by the other rules.
    function iso() {
      if (isSign("-") || isSign("+")) {
        if (tokens[at + 1]?.length !== 6) return true;
        const minus = isSign("-"), year = tokens[at + 1].number;
        if (minus && !year) return tokens.splice(at + 1, 1), true;
        at += 2;
        day.push(minus ? -year : year);
      } else if (isFixed(4)) {
        day.push(take());
      } else {
        return true;
      }
      if (skip("-")) {
        if (!isFixed(2) || !isMonth(peek().number)) return true;
        day.push(take());
        if (skip("-")) {
          if (!isFixed(2) || !isDay(peek().number)) return true;
          day.push(take());
        }
      }
      if (!peek().isT) {
        if (peek() !== END) return true;
      } else {
        at++;
        if (!isFixed(2) || !isIn(peek().number, 0, 24)) return false;
        const midnight = peek().number === 24;
        addTime(take());
        if (!skip(":") || !isFixed(2) || !isSixtieth(peek().number) || (midnight && peek().number)) return false;
        addTime(take());
        if (skip(":")) {
          if (!isFixed(2) || !isSixtieth(peek().number) || (midnight && peek().number)) return false;
          addTime(take());
          if (skip(".")) {
            if (peek().number === undefined || (midnight && peek().number)) return false;
            addTime(thousandths(tokens[at++]));
          }
        }
        if (peek().isZ) {
          at++;
          setZone(0);
        } else if (isSign("+") || isSign("-")) {
          zone.sign = tokens[at++].sign === "+" ? 1 : -1;
          if (isFixed(4)) {
            const both = take();
            zone.hour = Math.floor(both / 100);
            zone.minute = both % 100;
            if (!isHour(zone.hour) || !isSixtieth(zone.minute)) return false;
          } else {
            if (!isFixed(2) || !isHour(peek().number)) return false;
            zone.hour = take();
            if (!skip(":") || !isFixed(2) || !isSixtieth(peek().number)) return false;
            zone.minute = take();
          }
        }
        if (peek() !== END) return false;
      }
      if (zone.hour === NONE && !time.length) setZone(0);
      return (isIso = true);
    }

    function loose() {
      while (at < tokens.length) {
        const token = tokens[at++], n = token.number;
        if (n !== undefined) {
          hasNumber = true;
          if (skip(":")) {
            if (skip(":")) {
              if (time.length) return false;
              addTime(n);
              addTime(0);
            } else {
              if (!addTime(n)) return false;
              if (isSign(".")) at++;
            }
          } else if (skip(".") && isNextOfTime(n)) {
            addTime(n);
            if (peek().number === undefined) return false;
            addLast(thousandths(tokens[at++]));
          } else if (zone.hour !== NONE && zone.minute === NONE && isSixtieth(n)) {
            zone.minute = n;
          } else if (isNextOfTime(n)) {
            addLast(n);
            const next = peek();
            if (next !== END && !next.space && !next.isZ && next.sign !== "+" && next.sign !== "-") return false;
          } else {
            if (day.length === 3) return false;
            day.push(n);
            skip("-");
          }
        } else if (token.word !== undefined) {
          if (token.half !== undefined && time.length) half = token.half;
          else if (token.month) (month = token.month), skip("-");
          else if (token.zone !== undefined && hasNumber) setZone(token.zone);
          else if (hasNumber || peek().number !== undefined) return false;
        } else if ((token.sign === "+" || token.sign === "-") && (isUtc() || time.length)) {
          zone.sign = token.sign === "+" ? 1 : -1;
          const { number = 0, length = 0 } = peek();
          if (length) at++;
          hasNumber = true;
          if (isSign(":")) Object.assign(zone, { hour: number, minute: NONE });
          else if (length === 1 || length === 2) Object.assign(zone, { hour: number, minute: 0 });
          else if (length === 3 || length === 4) {
            Object.assign(zone, { hour: Math.floor(number / 100), minute: number % 100 });
          } else return false;
        } else if ((token.sign === "+" || token.sign === "-" || token.sign === ")") && hasNumber) {
          return false;
        }
      }
      return true;
    }

    if (!iso()) return NaN;
    hasNumber = day.length > 0;
    if (!loose() || !day.length) return NaN;
    while (day.length < 3) day.push(1);
    let year, date;
    if (month) [year, date] = isDay(day[0]) ? [day[1], day[0]] : [day[0], day[1]];
    else [year, month, date] = isIso || !isDay(day[0]) ? day : [day[2], day[0], day[1]];
    if (!isIso) year += isIn(year, 0, 49) ? 2000 : isIn(year, 50, 99) ? 1900 : 0;
    if (!isMonth(month) || !isDay(date)) return NaN;
    while (time.length < 4) time.push(0);
    let [hour, minute, second, thousandth] = time;
    if (half !== NONE) {
      if (!isIn(hour, 0, 12)) return NaN;
      hour = (hour % 12) + half;
    }
    if (
      !(isHour(hour) && isSixtieth(minute) && isSixtieth(second) && isIn(thousandth, 0, 999)) &&
      (hour !== 24 || minute > 0 || second > 0 || thousandth > 0)
    ) return NaN;
    const offset = zone.sign * (Math.max(zone.hour, 0) * 60 + Math.max(zone.minute, 0)) * 60000;
    const made = new Native(0);
    made.setUTCFullYear(year, month - 1, date);
    made.setUTCHours(hour, minute, second, thousandth);
    return made.getTime() - offset;
  }

  const END = { end: true };
  return { parse };
});
