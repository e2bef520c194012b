function handler(w) {
  const n = w.payload.data.total_amount ?? w.payload.data.amount ?? 12345.6789;
  w.payload = { fixed: [(n / 100).toFixed(2), (1.005).toFixed(2), (1e21).toFixed(2), (-0.5).toFixed(0), (0.000001234).toString(), (123.456).toPrecision(4), (1e-7).toFixed(10), (25).toString(36), (255).toString(16), (0.1 + 0.2).toString()], parse: [parseInt("12px"), parseFloat("3.14abc"), Number(""), Number(" 12 "), +"1e3", Number("0x1f"), parseInt("08"), Number(null), Number([5])], round: [Math.round(-0.5), Math.trunc(-4.7), Math.sign(-3), Math.hypot(3, 4), Math.log10(1000), Math.max(), Math.fround(5.5)], exp: (1234.5678).toExponential(2), safe: Number.isSafeInteger(2 ** 53), n };
  return w;
}
