// asin, acos, atan and atan2 to the last digit as V8 computes them: with the algorithms of fdlibm, whose notice
// follows. The engine asks the system's library, which rounds otherwise.
//  Copyright (C) 1993-2004 by Sun Microsystems, Inc. All rights reserved.
// Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
// preserved.
(function (host) {
  "use strict";
  const { high, cut, magnitude } = host.load("doubles"), { abs, sqrt } = host.math, { isNaN } = Number;
  const PI = 3.1415926535897931160, PI_L = 1.2246467991473531772e-16;
  const PI_2 = 1.57079632679489655800,
    PI_2_L = 6.12323399573676603587e-17,
    PI_4 = 7.85398163397448278999e-01,
    PI_4_L = 3.06161699786838301793e-17;

  const ratio = (t) =>
    t *
    (1.66666666666666657415e-01 +
      t *
        (-3.25565818622400915405e-01 +
          t *
            (2.01212532134862925881e-01 +
              t * (-4.00555345006794114027e-02 + t * (7.91534994289814532176e-04 + t * 3.47933107596021167570e-05))))) /
    (1 +
      t *
        (-2.40339491173441421878 +
          t * (2.02094576023350569471 + t * (-6.88283971605453293030e-01 + t * 7.70381505559019352791e-02))));

  function asin(x) {
    const ix = magnitude(x), sign = x < 0 ? -1 : 1;
    if (ix >= 0x3ff00000) return abs(x) === 1 ? x * PI_2 + x * PI_2_L : NaN;
    if (ix < 0x3e400000) return x;
    if (ix < 0x3fe00000) return x + x * ratio(x * x);
    const t = (1 - abs(x)) * 0.5, r = ratio(t), s = sqrt(t);
    if (ix >= 0x3fef3333) return sign * (PI_2 - (2 * (s + s * r) - PI_2_L));
    const w = cut(s), c = (t - w * w) / (s + w);
    return sign * (PI_4 - (2 * s * r - (PI_2_L - 2 * c) - (PI_4 - 2 * w)));
  }
  function acos(x) {
    const ix = magnitude(x);
    if (ix >= 0x3ff00000) return x === 1 ? 0 : x === -1 ? PI + 2 * PI_2_L : NaN;
    if (ix <= 0x3c600000) return PI_2 + PI_2_L;
    if (ix < 0x3fe00000) return PI_2 - (x - (PI_2_L - x * ratio(x * x)));
    const z = (x < 0 ? 1 + x : 1 - x) * 0.5, s = sqrt(z), r = ratio(z);
    if (x < 0) return PI - 2 * (s + (r * s - PI_2_L));
    const df = cut(s), c = (z - df * df) / (s + df);
    return 2 * (df + (r * s + c));
  }

  const ATAN_H = [4.63647609000806093515e-01, PI_4, 9.82793723247329054082e-01, PI_2];
  const ATAN_L = [2.26987774529616870924e-17, PI_4_L, 1.39033110312309984516e-17, PI_2_L];
  function atan(x) {
    const sign = x < 0 ? -1 : 1, ix = magnitude(x);
    if (isNaN(x)) return NaN;
    if (ix >= 0x44100000) return sign * (PI_2 + PI_2_L);
    if (ix < 0x3e400000) return x;
    let part = -1;
    if (ix >= 0x3fdc0000) {
      x = abs(x);
      part = ix < 0x3fe60000 ? 0 : ix < 0x3ff30000 ? 1 : ix < 0x40038000 ? 2 : 3;
      x = part === 0
        ? (2 * x - 1) / (2 + x)
        : part === 1
        ? (x - 1) / (x + 1)
        : part === 2
        ? (x - 1.5) / (1 + 1.5 * x)
        : -1 / x;
    }
    const z = x * x, w = z * z;
    const even = z *
      (3.33333333333329318027e-01 +
        w *
          (1.42857142725034663711e-01 +
            w *
              (9.09088713343650656196e-02 +
                w * (6.66107313738753120669e-02 + w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02)))));
    const odd = w *
      (-1.99999999998764832476e-01 +
        w *
          (-1.11111104054623557880e-01 +
            w * (-7.69187620504482999495e-02 + w * (-5.83357013379057348645e-02 + w * -3.65315727442169155270e-02))));
    if (part < 0) return x - x * (even + odd);
    return sign * (ATAN_H[part] - (x * (even + odd) - ATAN_L[part] - x));
  }
  function atan2(y, x) {
    if (isNaN(x) || isNaN(y)) return NaN;
    if (x === 1) return atan(y);
    const isBelow = high(y) < 0, isLeft = high(x) < 0, signed = (value) => (isBelow ? -value : value);
    if (y === 0) return isLeft ? signed(PI) : y;
    if (x === 0) return signed(PI_2);
    const iy = magnitude(y), ix = magnitude(x), k = (iy - ix) >> 20;
    if (ix === 0x7ff00000) return iy === 0x7ff00000 ? signed(isLeft ? 3 * PI_4 : PI_4) : signed(isLeft ? PI : 0);
    if (iy === 0x7ff00000) return signed(PI_2);
    if (k > 60) return signed(PI_2 + 0.5 * PI_L);
    const z = isLeft && k < -60 ? 0 : atan(abs(y / x));
    return signed(isLeft ? PI - (z - PI_L) : z);
  }

  return { asin, acos, atan, atan2 };
});
