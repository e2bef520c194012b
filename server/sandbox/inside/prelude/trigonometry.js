// sin, cos and tan to the last digit as V8 computes them: with the algorithms of fdlibm, whose notice follows. The
// engine asks the system's library, which rounds otherwise.
//  Copyright (C) 1993-2004 by Sun Microsystems, Inc. All rights reserved.
// Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
// preserved.
(function (host) {
  "use strict";
  const { high, low, made, cut, magnitude } = host.load("doubles"), { abs } = host.math;
  const PI_4 = 7.85398163397448278999e-01, PI_4_L = 3.06161699786838301793e-17;

  function sinOf(x, y, hasRest) {
    if (magnitude(x) < 0x3e400000) return x;
    const z = x * x, v = z * x;
    const r = 8.33333333332248946124e-03 +
      z *
        (-1.98412698298579493134e-04 +
          z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)));
    return hasRest
      ? x - (z * (0.5 * y - v * r) - y - v * -1.66666666666666324348e-01)
      : x + v * (-1.66666666666666324348e-01 + z * r);
  }

  function cosOf(x, y) {
    const ix = magnitude(x);
    if (ix < 0x3e400000) return 1;
    const z = x * x;
    const r = z *
      (4.16666666666666019037e-02 +
        z *
          (-1.38888888888741095749e-03 +
            z *
              (2.48015872894767294178e-05 +
                z *
                  (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
    if (ix < 0x3fd33333) return 1 - (0.5 * z - (z * r - x * y));
    const q = ix > 0x3fe90000 ? 0.28125 : made(ix - 0x00200000, 0);
    return 1 - q - (0.5 * z - q - (z * r - x * y));
  }

  function tanOf(x, y, isTan) {
    const hx = high(x), ix = hx & 0x7fffffff, isLarge = ix >= 0x3fe59428;
    if (ix < 0x3e300000) return isTan ? x : inverted(x + y, x, y);
    if (isLarge) {
      if (hx < 0) (x = -x), (y = -y);
      x = PI_4 - x + (PI_4_L - y);
      y = 0;
    }
    const z = x * x, w = z * z, s = z * x;
    const odd = 1.33333333333201242699e-01 +
      w *
        (2.18694882948595424599e-02 +
          w *
            (3.59207910759131235356e-03 +
              w * (5.88041240820264096874e-04 + w * (7.81794442939557092300e-05 + w * -1.85586374855275456654e-05))));
    const even = z *
      (5.39682539762260521377e-02 +
        w *
          (8.86323982359930005737e-03 +
            w *
              (1.45620945432529025516e-03 +
                w * (2.46463134818469906812e-04 + w * (7.14072491382608190305e-05 + w * 2.59073051863633712884e-05)))));
    let r = y + z * (s * (odd + even) + y);
    r += 3.33333333333334091986e-01 * s;
    const sum = x + r, sign = isTan ? 1 : -1;
    if (isLarge) return (hx < 0 ? -1 : 1) * (sign - 2 * (x - (sum * sum / (sum + sign) - r)));
    return isTan ? sum : inverted(sum, x, r);
  }
  // -1 / sum, where sum is x + r.
  function inverted(sum, x, r) {
    const z = cut(sum), v = r - (z - x), a = -1 / sum, t = cut(a), s = 1 + t * z;
    return t + a * (s + t * v);
  }

  // x without as many quarters of a turn as fit: [how many, what is left, its low part].
  function reduced(x) {
    const ix = magnitude(x), sign = x < 0 ? -1 : 1;
    if (ix <= 0x3fe921fb) return [0, x, 0];
    if (ix < 0x4002d97c) {
      let z = x - sign * 1.57079632673412561417, rest = sign * 6.07710050650619224932e-11;
      if (ix === 0x3ff921fb) (z -= sign * 6.07710050630396597660e-11), (rest = sign * 2.02226624879595063154e-21);
      return [sign, z - rest, z - (z - rest) - rest];
    }
    if (ix > 0x413921fb) return reducedLarge(x);
    const whole = abs(x), n = (whole * 6.36619772367581382433e-01 + 0.5) | 0;
    let r = whole - n * 1.57079632673412561417, w = n * 6.07710050650619224932e-11, y = r - w;
    const lost = () => (ix >> 20) - ((high(y) >> 20) & 0x7ff);
    const more = (part, rest) => {
      const t = r;
      w = n * part;
      r = t - w;
      w = n * rest - (t - r - w);
      y = r - w;
    };
    if (lost() > 16) {
      more(6.07710050630396597660e-11, 2.02226624879595063154e-21);
      if (lost() > 49) more(2.02226624871116645580e-21, 8.47842766036889956997e-32);
    }
    return [sign * n, sign * y, sign * (r - y - w)];
  }

  // With as many digits of pi as the largest number needs.
  let quarter = 0n;
  function reducedLarge(x) {
    const bits = 1300n, cutOff = 320n, unit = 2 ** 980;
    if (!quarter) {
      const one = 1n << (bits + 32n);
      const arctan = (n) => {
        let sum = 0n;
        for (let power = one / n, k = 1n; power; power = -power / (n * n), k += 2n) sum += power / k;
        return sum;
      };
      quarter = (4n * arctan(5n) - arctan(239n)) * 2n >> 32n;
    }
    const exponent = (magnitude(x) >> 20) - 1023 - 52;
    const whole = exponent > 0 ? BigInt(made((magnitude(x) & 0xfffff) | 0x43300000, low(x))) << BigInt(exponent) : 0n;
    const scaled = exponent > 0 ? whole << bits : BigInt(abs(x) * 2 ** 52) << (bits - 52n);
    const n = (scaled + quarter / 2n) / quarter, rest = (scaled - n * quarter) >> cutOff;
    const y = Number(rest), more = Number(rest - BigInt(y)), sign = x < 0 ? -1 : 1;
    return [sign * Number(n & 3n), sign * y / unit, sign * more / unit];
  }

  function sin(x) {
    if (magnitude(x) <= 0x3fe921fb) return sinOf(x, 0, false);
    if (x - x !== 0) return NaN;
    const [n, y, rest] = reduced(x);
    return n & 1 ? (n & 2 ? -cosOf(y, rest) : cosOf(y, rest)) : n & 2 ? -sinOf(y, rest, true) : sinOf(y, rest, true);
  }
  function cos(x) {
    if (magnitude(x) <= 0x3fe921fb) return cosOf(x, 0);
    if (x - x !== 0) return NaN;
    const [n, y, rest] = reduced(x);
    return n & 1 ? (n & 2 ? sinOf(y, rest, true) : -sinOf(y, rest, true)) : n & 2 ? -cosOf(y, rest) : cosOf(y, rest);
  }
  function tan(x) {
    if (magnitude(x) <= 0x3fe921fb) return tanOf(x, 0, true);
    if (x - x !== 0) return NaN;
    const [n, y, rest] = reduced(x);
    return tanOf(y, rest, !(n & 1));
  }

  return { sin, cos, tan };
});
