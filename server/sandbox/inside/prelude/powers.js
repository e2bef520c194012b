// pow and cbrt to the last digit as V8 computes them: with the algorithms of fdlibm, whose notice follows. The engine
// asks the system's library, which rounds otherwise.
//  Copyright (C) 1993-2004 by Sun Microsystems, Inc. All rights reserved.
// Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
// preserved.
(function (host) {
  "use strict";
  const { high, low, made, withHigh, cut, magnitude } = host.load("doubles"),
    { abs, sqrt } = host.math,
    { isNaN } = Number;
  const LN2 = 6.93147180559945286227e-01, LOG2E = 1.44269504088896338700;
  const expRatio = (x, t) =>
    x -
    t *
      (1.66666666666666019037e-01 +
        t *
          (-2.77777777770155933842e-03 +
            t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));

  function cbrt(x) {
    const ix = magnitude(x), sign = high(x) & 0x80000000;
    if (ix >= 0x7ff00000 || x === 0) return x;
    let t = ix < 0x00100000
      ? made(sign | (((magnitude(2 ** 54 * x) / 3) | 0) + 696219795), 0)
      : made(sign | (((ix / 3) | 0) + 715094163), 0);
    let r = t * t * (t / x);
    t *= 1.87595182427177009643 + r * (-1.88497979543377169875 + r * 1.621429720105354466140) +
      r * r * r * (-0.758397934778766047437 + r * 0.145996192886612446982);
    const h = high(t), l = low(t);
    t = made(h + (l < 0 ? 1 : 0), (l + 0x80000000) & 0xc0000000);
    r = x / (t * t);
    return t + t * ((r - t) / (t + t + r));
  }

  // As powers are of whole numbers: 0 of none, 1 of an odd, 2 of an even one.
  const parity = (y) => (y % 1 !== 0 ? 0 : abs(y) < 2 ** 53 && y % 2 !== 0 ? 1 : 2);
  function pow(x, y) {
    if (y === 0) return 1;
    if (isNaN(x) || isNaN(y)) return NaN;
    const hx = high(x), hy = high(y);
    let size = abs(x), ix = magnitude(x);
    if (abs(y) === Infinity) return size === 1 ? NaN : size > 1 === y > 0 ? Infinity : 0;
    if (y === 1) return x;
    if (y === -1) return 1 / x;
    if (y === 2) return x * x;
    if (y === 0.5 && hx >= 0) return sqrt(x);
    const kind = parity(y), sign = hx < 0 && kind === 1 ? -1 : 1;
    if (size === Infinity || size === 0 || size === 1) {
      if (x === -1 && !kind) return NaN;
      return sign * (y < 0 ? 1 / size : size);
    }
    if (x < 0 && !kind) return NaN;
    let t1, t2;
    if (abs(y) > 2 ** 31 && (hy & 0x7fffffff) > 0x41e00000) {
      if ((hy & 0x7fffffff) > 0x43f00000 ? ix <= 0x3fefffff : ix < 0x3fefffff) {
        return y < 0 ? sign * Infinity : sign * 0;
      }
      if ((hy & 0x7fffffff) > 0x43f00000 ? ix >= 0x3ff00000 : ix > 0x3ff00000) {
        return y > 0 ? sign * Infinity : sign * 0;
      }
      const t = size - 1, w = t * t * (0.5 - t * (0.3333333333333333333333 - t * 0.25));
      const u = 1.44269502162933349609 * t, v = t * 1.92596299112661746887e-08 - w * LOG2E;
      t1 = cut(u + v);
      t2 = v - (t1 - u);
    } else {
      let n = 0, k = 0;
      if (ix < 0x00100000) (size *= 2 ** 53), (n = -53), (ix = high(size));
      n += (ix >> 20) - 0x3ff;
      const j = ix & 0xfffff;
      ix = j | 0x3ff00000;
      if (j > 0x3988e && j < 0xbb67a) k = 1;
      else if (j > 0x3988e) (n += 1), (ix -= 0x00100000);
      size = withHigh(size, ix);
      const base = k ? 1.5 : 1, u = size - base, v = 1 / (size + base), ss = u * v, sh = cut(ss);
      let th = made(((ix >> 1) | 0x20000000) + 0x00080000 + (k << 18), 0), tl = size - (th - base);
      const sl = v * (u - sh * th - sh * tl), square = ss * ss, squareH = sh * sh;
      let r = square * square *
        (5.99999999999994648725e-01 +
          square *
            (4.28571428578550184252e-01 +
              square *
                (3.33333329818377432918e-01 +
                  square *
                    (2.72728123808534006489e-01 +
                      square * (2.30660745775561754067e-01 + square * 2.06975017800338417784e-01)))));
      r += sl * (sh + ss);
      th = cut(3 + squareH + r);
      tl = r - (th - 3 - squareH);
      const product = sh * th, more = sl * th + tl * ss, ph = cut(product + more), pl = more - (ph - product);
      const zh = 9.61796700954437255859e-01 * ph,
        zl = -7.02846165095275826516e-09 * ph + pl * 9.61796693925975554329e-01 + (k ? 1.35003920212974897128e-08 : 0);
      const dp = k ? 5.84962487220764160156e-01 : 0;
      t1 = cut(zh + zl + dp + n);
      t2 = zl - (t1 - n - dp - zh);
    }
    const yh = cut(y), pl = (y - yh) * t1 + y * t2;
    let ph = yh * t1, z = pl + ph, n = 0;
    const j = high(z), i = low(z), size2 = j & 0x7fffffff;
    if (j >= 0x40900000) {
      if ((j - 0x40900000) | i || pl + 8.0085662595372944372e-17 > z - ph) return sign * Infinity;
    } else if (size2 >= 0x4090cc00 && ((j - 0xc090cc00) | i || pl <= z - ph)) return sign * 0;
    if (size2 > 0x3fe00000) {
      let k = (size2 >> 20) - 0x3ff;
      n = (j + (0x00100000 >> (k + 1))) | 0;
      k = ((n & 0x7fffffff) >> 20) - 0x3ff;
      const t = made(n & ~(0xfffff >> k), 0);
      n = ((n & 0xfffff) | 0x00100000) >> (20 - k);
      if (j < 0) n = -n;
      ph -= t;
    }
    const t = cut(pl + ph),
      u = t * 6.93147182464599609375e-01,
      v = (pl - (t - ph)) * LN2 + t * -1.90465429995776804525e-09;
    z = u + v;
    // The divisor is V8's: fdlibm takes w + z * w from the quotient.
    const w = v - (z - u), c = expRatio(z, z * z), r = z * c / (c - 2 - (w + z * w));
    z = 1 - (r - z);
    const top = (high(z) + (n << 20)) | 0;
    return sign * (top >> 20 <= 0 ? z * 2 ** (n + 1000) * 2 ** -1000 : withHigh(z, top));
  }

  return { cbrt, pow };
});
