// The functions of Math to the last digit as V8 computes them: with the algorithms of fdlibm, whose notice follows. The
// engine asks the system's library, which rounds otherwise. Names are those of fdlibm: h and l are the high and the low
// part of a number that two doubles hold, ix is the high word without its sign.
//
// Copyright (C) 1993-2004 by Sun Microsystems, Inc. All rights reserved.
// Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved.
(function (host) {
  "use strict";
  const { math } = host, { abs, sqrt } = math, { isNaN } = Number, { defineProperty, keys } = Object;
  const double = new Float64Array(1), words = new Int32Array(double.buffer);
  const high = (x) => ((double[0] = x), words[1]);
  const low = (x) => ((double[0] = x), words[0]);
  const made = (h, l) => ((words[1] = h), (words[0] = l), double[0]);
  const withHigh = (x, h) => ((double[0] = x), (words[1] = h), double[0]);
  const cut = (x) => ((double[0] = x), (words[0] = 0), double[0]);  // without the low 32 bits
  const magnitude = (x) => high(x) & 0x7fffffff;

  const LN2_H = 6.93147180369123816490e-01, LN2_L = 1.90821492927058770002e-10, LN2 = 6.93147180559945286227e-01, LOG2E = 1.44269504088896338700;
  const PI = 3.1415926535897931160, PI_L = 1.2246467991473531772e-16;
  const PI_2 = 1.57079632679489655800, PI_2_L = 6.12323399573676603587e-17, PI_4 = 7.85398163397448278999e-01, PI_4_L = 3.06161699786838301793e-17;

  function sinOf(x, y, hasRest) {
    if (magnitude(x) < 0x3e400000) return x;
    const z = x * x, v = z * x;
    const r = 8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)));
    return hasRest ? x - (z * (0.5 * y - v * r) - y - v * -1.66666666666666324348e-01) : x + v * (-1.66666666666666324348e-01 + z * r);
  }

  function cosOf(x, y) {
    const ix = magnitude(x);
    if (ix < 0x3e400000) return 1;
    const z = x * x;
    const r = z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * (2.48015872894767294178e-05 + z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
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
    const odd = 1.33333333333201242699e-01 + w * (2.18694882948595424599e-02 + w * (3.59207910759131235356e-03 + w * (5.88041240820264096874e-04 + w * (7.81794442939557092300e-05 + w * -1.85586374855275456654e-05))));
    const even = z * (5.39682539762260521377e-02 + w * (8.86323982359930005737e-03 + w * (1.45620945432529025516e-03 + w * (2.46463134818469906812e-04 + w * (7.14072491382608190305e-05 + w * 2.59073051863633712884e-05)))));
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

  const ratio = (t) => t * (1.66666666666666657415e-01 + t * (-3.25565818622400915405e-01 + t * (2.01212532134862925881e-01 + t * (-4.00555345006794114027e-02 + t * (7.91534994289814532176e-04 + t * 3.47933107596021167570e-05)))))
    / (1 + t * (-2.40339491173441421878 + t * (2.02094576023350569471 + t * (-6.88283971605453293030e-01 + t * 7.70381505559019352791e-02))));

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
      x = part === 0 ? (2 * x - 1) / (2 + x) : part === 1 ? (x - 1) / (x + 1) : part === 2 ? (x - 1.5) / (1 + 1.5 * x) : -1 / x;
    }
    const z = x * x, w = z * z;
    const even = z * (3.33333333333329318027e-01 + w * (1.42857142725034663711e-01 + w * (9.09088713343650656196e-02 + w * (6.66107313738753120669e-02 + w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02)))));
    const odd = w * (-1.99999999998764832476e-01 + w * (-1.11111104054623557880e-01 + w * (-7.69187620504482999495e-02 + w * (-5.83357013379057348645e-02 + w * -3.65315727442169155270e-02))));
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

  const expRatio = (x, t) => x - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03 + t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
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
    const r = 1 + hxs * (-3.33333333333331316428e-02 + hxs * (1.58730158725481460165e-03 + hxs * (-7.93650757867487942473e-05 + hxs * (4.00821782732936239552e-06 + hxs * -2.01099218183624371326e-07))));
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

  // [exponent, the rest between sqrt(1/2) and sqrt(2)] of a number above 0.
  function split(x) {
    let k = 0, hx = high(x);
    if (hx < 0x00100000) (k = -54), (x *= 2 ** 54), (hx = high(x));
    k += (hx >> 20) - 1023;
    hx &= 0xfffff;
    const i = (hx + 0x95f64) & 0x100000;
    return [k + (i >> 20), withHigh(x, hx | (i ^ 0x3ff00000)), hx];
  }
  const series = (z, w) => z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
    + w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
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
    const r = z * (6.666666666666735130e-01 + z * (3.999999999940941908e-01 + z * (2.857142874366239149e-01 + z * (2.222219843214978396e-01 + z * (1.818357216161805012e-01 + z * (1.531383769920937332e-01 + z * 1.479819860511658591e-01))))));
    return k ? k * LN2_H - (square - (s * (square + r) + (k * LN2_L + c)) - f) : f - (square - s * (square + r));
  }
  function log2(x) {
    if (!(x > 0) || x === Infinity) return outside(x);
    if (x === 1) return 0;
    const [k, y] = split(x), f = y - 1, square = 0.5 * f * f, s = f / (2 + f), z = s * s, r = s * (square + series(z, z * z));
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

  function cbrt(x) {
    const ix = magnitude(x), sign = high(x) & 0x80000000;
    if (ix >= 0x7ff00000 || x === 0) return x;
    let t = ix < 0x00100000 ? made(sign | (((magnitude(2 ** 54 * x) / 3) | 0) + 696219795), 0) : made(sign | (((ix / 3) | 0) + 715094163), 0);
    let r = t * t * (t / x);
    t *= 1.87595182427177009643 + r * (-1.88497979543377169875 + r * 1.621429720105354466140) + r * r * r * (-0.758397934778766047437 + r * 0.145996192886612446982);
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
      if ((hy & 0x7fffffff) > 0x43f00000 ? ix <= 0x3fefffff : ix < 0x3fefffff) return y < 0 ? sign * Infinity : sign * 0;
      if ((hy & 0x7fffffff) > 0x43f00000 ? ix >= 0x3ff00000 : ix > 0x3ff00000) return y > 0 ? sign * Infinity : sign * 0;
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
      let r = square * square * (5.99999999999994648725e-01 + square * (4.28571428578550184252e-01 + square * (3.33333329818377432918e-01 + square * (2.72728123808534006489e-01 + square * (2.30660745775561754067e-01 + square * 2.06975017800338417784e-01)))));
      r += sl * (sh + ss);
      th = cut(3 + squareH + r);
      tl = r - (th - 3 - squareH);
      const product = sh * th, more = sl * th + tl * ss, ph = cut(product + more), pl = more - (ph - product);
      const zh = 9.61796700954437255859e-01 * ph, zl = -7.02846165095275826516e-09 * ph + pl * 9.61796693925975554329e-01 + (k ? 1.35003920212974897128e-08 : 0);
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
    const t = cut(pl + ph), u = t * 6.93147182464599609375e-01, v = (pl - (t - ph)) * LN2 + t * -1.90465429995776804525e-09;
    z = u + v;
    // The divisor is V8's: fdlibm takes w + z * w from the quotient.
    const w = v - (z - u), c = expRatio(z, z * z), r = z * c / (c - 2 - (w + z * w));
    z = 1 - (r - z);
    const top = (high(z) + (n << 20)) | 0;
    return sign * (top >> 20 <= 0 ? z * 2 ** (n + 1000) * 2 ** -1000 : withHigh(z, top));
  }

  function hypot(values) {
    let most = 0, isNone = false;
    for (let i = 0; i < values.length; i++) {
      const size = (values[i] = abs(+values[i]));
      if (isNaN(size)) isNone = true;
      else if (size > most) most = size;
    }
    if (most === Infinity) return Infinity;
    if (isNone) return NaN;
    if (most === 0) return 0;
    let sum = 0, lost = 0;
    for (let i = 0; i < values.length; i++) {
      const n = values[i] / most, term = n * n - lost, next = sum + term;
      lost = next - sum - term;
      sum = next;
    }
    return sqrt(sum) * most;
  }

  const put = (name, value) => defineProperty(math, name, { value, writable: true, configurable: true });
  const one = { acos, acosh, asin, asinh, atan, atanh, cbrt, cos, cosh, exp, expm1, log, log10, log1p, log2, sin, sinh, tan, tanh };
  const names = keys(one);
  for (let i = 0; i < names.length; i++) {
    const compute = one[names[i]];
    put(names[i], { [names[i]](x) { return compute(+x); } }[names[i]]);
  }
  const methods = {
    atan2(y, x) { return (y = +y), atan2(y, +x); },
    pow(x, y) { return (x = +x), pow(x, +y); },
    hypot(x, y) { return hypot([...arguments]); },
  };
  put("atan2", methods.atan2);
  put("pow", methods.pow);
  put("hypot", methods.hypot);
  return { Math: math };
});
