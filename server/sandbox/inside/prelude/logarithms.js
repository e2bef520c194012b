// Logarithms, asinh, acosh and atanh to the last digit as V8 computes them: with the algorithms of fdlibm, whose
// notice follows. The engine asks the system's library, which rounds otherwise.
//  Copyright (C) 1993-2004 by Sun Microsystems, Inc. All rights reserved.
// Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
// preserved.
(function (host) {
  "use strict";
  const { high, withHigh, cut, magnitude } = host.load("doubles"), { abs, sqrt } = host.math;
  const LN2_H = 6.93147180369123816490e-01, LN2_L = 1.90821492927058770002e-10, LN2 = 6.93147180559945286227e-01;

  // [exponent, the rest between sqrt(1/2) and sqrt(2)] of a number above 0.
  function split(x) {
    let k = 0, hx = high(x);
    if (hx < 0x00100000) (k = -54), (x *= 2 ** 54), (hx = high(x));
    k += (hx >> 20) - 1023;
    hx &= 0xfffff;
    const i = (hx + 0x95f64) & 0x100000;
    return [k + (i >> 20), withHigh(x, hx | (i ^ 0x3ff00000)), hx];
  }
  const series = (z, w) =>
    z *
      (6.666666666666735130e-01 +
        w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))) +
    w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const outside = (x) => (x === 0 ? -Infinity : x > 0 ? Infinity : NaN);

  function log(x) {
    if (!(x > 0) || x === Infinity) return outside(x);
    const [k, y, hx] = split(x), f = y - 1;
    if ((0xfffff & (2 + hx)) < 3) {
      if (f === 0) return k ? k * LN2_H + k * LN2_L : 0;
      const r = f * f * (0.5 - 0.33333333333333333 * f);
      return k ? k * LN2_H - (r - k * LN2_L - f) : f - r;
    }
    const s = f / (2 + f), z = s * s, r = series(z, z * z);
    if (((hx - 0x6147a) | (0x6b851 - hx)) > 0) {
      const square = 0.5 * f * f;
      return k ? k * LN2_H - (square - (s * (square + r) + k * LN2_L) - f) : f - (square - s * (square + r));
    }
    return k ? k * LN2_H - (s * (f - r) - k * LN2_L - f) : f - s * (f - r);
  }
  function log1p(x) {
    if (!(x > -1) || x === Infinity) return x === -1 ? -Infinity : x > 0 ? x : NaN;
    const hx = high(x), ax = hx & 0x7fffffff;
    let k = 1, f = 0, hu = 1, c = 0;
    if (hx < 0x3fda827a) {
      if (ax < 0x3e200000) return ax < 0x3c900000 ? x : x - x * x * 0.5;
      if (hx > 0 || hx <= (0xbfd2bec4 | 0)) (k = 0), (f = x);
    }
    if (k) {
      let u = x;
      if (hx < 0x43400000) {
        u = 1 + x;
        hu = high(u);
        k = (hu >> 20) - 1023;
        c = (k > 0 ? 1 - (u - x) : x - (u - 1)) / u;
      } else (hu = high(u)), (k = (hu >> 20) - 1023);
      hu &= 0xfffff;
      if (hu < 0x6a09e) u = withHigh(u, hu | 0x3ff00000);
      else (k += 1), (u = withHigh(u, hu | 0x3fe00000)), (hu = (0x100000 - hu) >> 2);
      f = u - 1;
    }
    const square = 0.5 * f * f;
    if (hu === 0) {
      if (f === 0) return k ? k * LN2_H + (c + k * LN2_L) : 0;
      const r = square * (1 - 0.66666666666666666 * f);
      return k ? k * LN2_H - (r - (k * LN2_L + c) - f) : f - r;
    }
    const s = f / (2 + f), z = s * s;
    const r = z *
      (6.666666666666735130e-01 +
        z *
          (3.999999999940941908e-01 +
            z *
              (2.857142874366239149e-01 +
                z *
                  (2.222219843214978396e-01 +
                    z * (1.818357216161805012e-01 + z * (1.531383769920937332e-01 + z * 1.479819860511658591e-01))))));
    return k ? k * LN2_H - (square - (s * (square + r) + (k * LN2_L + c)) - f) : f - (square - s * (square + r));
  }
  function log2(x) {
    if (!(x > 0) || x === Infinity) return outside(x);
    if (x === 1) return 0;
    const [k, y] = split(x),
      f = y - 1,
      square = 0.5 * f * f,
      s = f / (2 + f),
      z = s * s,
      r = s * (square + series(z, z * z));
    const h = cut(f - square), l = f - h - square + r, top = h * 1.44269504072144627571, sum = k + top;
    return (l + h) * 1.67517131648865118353e-10 + l * 1.44269504072144627571 + (k - sum + top) + sum;
  }
  function log10(x) {
    if (!(x > 0) || x === Infinity) return outside(x);
    if (x === 1) return 0;
    let k = 0, hx = high(x);
    if (hx < 0x00100000) (k = -54), (x *= 2 ** 54), (hx = high(x));
    k += (hx >> 20) - 1023;
    const i = k < 0 ? 1 : 0, y = k + i;
    x = withHigh(x, (hx & 0xfffff) | ((0x3ff - i) << 20));
    return y * 3.69423907715893078616e-13 + 4.34294481903251816668e-01 * log(x) + y * 3.01029995663611771306e-01;
  }

  function asinh(x) {
    const ix = magnitude(x), size = abs(x), sign = x < 0 ? -1 : 1;
    if (ix >= 0x7ff00000 || ix < 0x3e300000) return x;
    if (ix > 0x41b00000) return sign * (log(size) + LN2);
    if (ix > 0x40000000) return sign * log(2 * size + 1 / (sqrt(x * x + 1) + size));
    return sign * log1p(size + x * x / (1 + sqrt(1 + x * x)));
  }
  function acosh(x) {
    if (!(x >= 1)) return NaN;
    const hx = high(x);
    if (hx >= 0x41b00000) return hx >= 0x7ff00000 ? x : log(x) + LN2;
    if (x === 1) return 0;
    if (hx > 0x40000000) return log(2 * x - 1 / (x + sqrt(x * x - 1)));
    const t = x - 1;
    return log1p(t + sqrt(2 * t + t * t));
  }
  function atanh(x) {
    const ix = magnitude(x), size = abs(x), sign = x < 0 ? -1 : 1;
    if (!(size <= 1)) return NaN;
    if (size === 1) return x / 0;
    if (ix < 0x3e300000) return x;
    const twice = size + size;
    return sign * 0.5 * log1p(ix < 0x3fe00000 ? twice + twice * size / (1 - size) : twice / (1 - size));
  }

  return { log, log1p, log2, log10, asinh, acosh, atanh };
});
