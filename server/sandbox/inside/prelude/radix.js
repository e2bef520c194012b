// Number.prototype.toString with a radix: as many digits as tell the number from its neighbours, as V8 writes them.
(function (host) {
  "use strict";
  const { numberToString: toString } = host, { valueOf } = Number.prototype, { apply } = Reflect;
  const { isInteger, isFinite, MIN_VALUE } = Number, { abs, floor, log2, trunc } = Math;
  const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz", EXACT = 2 ** 53;

  function spacing(value) {
    let exponent = floor(log2(value));
    if (2 ** exponent > value) exponent--;
    else if (2 ** (exponent + 1) <= value) exponent++;
    return 2 ** (exponent - 52);
  }

  function written(value, radix) {
    const digits = [];
    let integer = floor(value), fraction = value - integer, delta = 0.5 * spacing(value);
    if (!(delta >= MIN_VALUE)) delta = MIN_VALUE;
    if (fraction >= delta) {
      do {
        fraction *= radix;
        delta *= radix;
        const digit = trunc(fraction);
        digits.push(digit);
        fraction -= digit;
        if ((fraction > 0.5 || (fraction === 0.5 && digit & 1)) && fraction + delta > 1) {
          while (digits.length && digits[digits.length - 1] + 1 >= radix) digits.pop();
          if (digits.length) digits[digits.length - 1]++;
          else integer += 1;
          break;
        }
      } while (fraction >= delta);
    }
    let whole = "";
    while (integer / radix >= EXACT) {
      integer /= radix;
      whole = "0" + whole;
    }
    do {
      const rest = integer % radix;
      whole = DIGITS[trunc(rest)] + whole;
      integer = (integer - rest) / radix;
    } while (integer > 0);
    return digits.length ? whole + "." + digits.map((digit) => DIGITS[digit]).join("") : whole;
  }

  const methods = {
    toString(radix) {
      const native = apply(toString, this, [radix]); // also says what is wrong
      const value = apply(valueOf, this, []), base = trunc(radix);
      if (radix === undefined || base === 10 || !isFinite(value) || (isInteger(value) && abs(value) < EXACT)) {
        return native;
      }
      return (value < 0 ? "-" : "") + written(abs(value), base);
    },
  };
  return { "Number.toString": methods.toString };
});
