// exp, expm1, sinh, cosh and tanh to the last digit as V8 computes them: with the algorithms of fdlibm, whose notice
// follows. The engine asks the system's library, which rounds otherwise.
//  Copyright (C) 1993-2004 by Sun Microsystems, Inc. All rights reserved.
// Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
// preserved.
(function (host) {
  "use strict";
  const { made, magnitude } = host.load("doubles"), { abs } = host.math, { isNaN } = Number;
  const LN2_H = 6.93147180369123816490e-01, LN2_L = 1.90821492927058770002e-10, LOG2E = 1.44269504088896338700;

  const expRatio = (x, t) =>
    x -
    t *
      (1.66666666666666019037e-01 +
        t *
          (-2.77777777770155933842e-03 +
            t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  function exp(x) {
    if (isNaN(x)) return NaN;
    if (x > 7.09782712893383973096e+02) return Infinity;
    if (x < -7.45133219101941108420e+02) return 0;
    const ix = magnitude(x), sign = x < 0 ? -1 : 1;
    let h = 0, l = 0, k = 0;
    if (ix > 0x3fd62e42) {
      if (ix < 0x3ff0a2b2) {
        if (x === 1) return 2.718281828459045;
        (h = x - sign * LN2_H), (l = sign * LN2_L), (k = sign);
      } else {
        k = (LOG2E * x + sign * 0.5) | 0;
        (h = x - k * LN2_H), (l = k * LN2_L);
      }
      x = h - l;
    } else if (ix < 0x3e300000) return 1 + x;
    const c = expRatio(x, x * x);
    if (!k) return 1 - (x * c / (c - 2) - x);
    const y = 1 - (l - x * c / (2 - c) - h);
    if (k < -1021) return y * made(0x3ff00000 + ((k + 1000) << 20), 0) * 2 ** -1000;
    return k === 1024 ? y * 2 * 2 ** 1023 : y * made(0x3ff00000 + (k << 20), 0);
  }
  function expm1(x) {
    if (isNaN(x)) return NaN;
    const ix = magnitude(x), sign = x < 0 ? -1 : 1;
    if (ix >= 0x4043687a) {
      if (x < 0) return -1;
      if (x > 7.09782712893383973096e+02) return Infinity;
    }
    let c = 0, k = 0;
    if (ix > 0x3fd62e42) {
      let h, l;
      if (ix < 0x3ff0a2b2) (h = x - sign * LN2_H), (l = sign * LN2_L), (k = sign);
      else {
        k = (LOG2E * x + sign * 0.5) | 0;
        (h = x - k * LN2_H), (l = k * LN2_L);
      }
      x = h - l;
      c = h - x - l;
    } else if (ix < 0x3c900000) return x;
    const half = 0.5 * x, hxs = x * half;
    const r = 1 +
      hxs *
        (-3.33333333333331316428e-02 +
          hxs *
            (1.58730158725481460165e-03 +
              hxs *
                (-7.93650757867487942473e-05 +
                  hxs * (4.00821782732936239552e-06 + hxs * -2.01099218183624371326e-07))));
    const t = 3 - r * half;
    let e = hxs * ((r - t) / (6 - x * t));
    if (!k) return x - (x * e - hxs);
    e = x * (e - c) - c - hxs;
    if (k === -1) return 0.5 * (x - e) - 0.5;
    if (k === 1) return x < -0.25 ? -2 * (e - (x + 0.5)) : 1 + 2 * (x - e);
    const power = made(0x3ff00000 + (k << 20), 0);
    if (k <= -2 || k > 56) return (k === 1024 ? (1 - (e - x)) * 2 * 2 ** 1023 : (1 - (e - x)) * power) - 1;
    if (k < 20) return (made(0x3ff00000 - (0x200000 >> k), 0) - (e - x)) * power;
    return (x - (e + made((0x3ff - k) << 20, 0)) + 1) * power;
  }

  function sinh(x) {
    const half = x < 0 ? -0.5 : 0.5, size = abs(x);
    if (size < 22) {
      if (size < 2 ** -28) return x;
      const t = expm1(size);
      return size < 1 ? half * (2 * t - t * t / (t + 1)) : half * (t + t / (t + 1));
    }
    if (size < 709.7822265625) return half * exp(size);
    if (size > 710.4758600739439) return x * Infinity;
    const w = exp(0.5 * size);
    return half * w * w;
  }
  function cosh(x) {
    const size = abs(x);
    if (magnitude(x) < 0x3fd62e43) {
      const t = expm1(size), w = 1 + t;
      return magnitude(x) < 0x3c800000 ? w : 1 + t * t / (w + w);
    }
    if (size < 22) {
      const t = exp(size);
      return 0.5 * t + 0.5 / t;
    }
    if (magnitude(x) < 0x40862e42) return 0.5 * exp(size);
    if (isNaN(x) || size > 710.4758600739439) return isNaN(x) ? NaN : Infinity;
    const w = exp(0.5 * size);
    return 0.5 * w * w;
  }
  function tanh(x) {
    const size = abs(x), sign = x < 0 ? -1 : 1;
    if (isNaN(x) || size < 2 ** -28) return x;
    if (size >= 22) return sign;
    const t = expm1(size >= 1 ? 2 * size : -2 * size);
    return sign * (size >= 1 ? 1 - 2 / (t + 2) : -t / (t + 2));
  }

  return { exp, expm1, sinh, cosh, tanh };
});
