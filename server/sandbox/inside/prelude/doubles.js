// What our functions of Math are made of: the two words of a double, with the names of fdlibm. In the files that use
// it, h and l are the high and the low part of a number that two doubles hold, and ix is the high word without its
// sign.
(function () {
  "use strict";
  const double = new Float64Array(1), words = new Int32Array(double.buffer);
  const high = (x) => ((double[0] = x), words[1]);
  const low = (x) => ((double[0] = x), words[0]);
  const made = (h, l) => ((words[1] = h), (words[0] = l), double[0]);
  const withHigh = (x, h) => ((double[0] = x), (words[1] = h), double[0]);
  const cut = (x) => ((double[0] = x), (words[0] = 0), double[0]); // without the low 32 bits
  const magnitude = (x) => high(x) & 0x7fffffff;
  return { high, low, made, withHigh, cut, magnitude };
});
