// Math.hypot to the last digit as V8 computes it.
(function (host) {
  "use strict";
  const { abs, sqrt } = host.math, { isNaN } = Number;

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

  return { hypot };
});
