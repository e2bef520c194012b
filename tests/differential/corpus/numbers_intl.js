function handler(w) {
  const n = Number(w.payload.data.total_amount ?? w.payload.data.amount ?? 0.5);
  const f = (o) => new Intl.NumberFormat("en-US", o).format(n);
  w.payload = [f(), f({ minimumFractionDigits: 2 }), f({ maximumFractionDigits: 0 }), f({ maximumSignificantDigits: 2 }), f({ notation: "compact", compactDisplay: "long" }), f({ notation: "scientific" }), f({ notation: "engineering" }), f({ signDisplay: "always" }), f({ signDisplay: "exceptZero" }), f({ useGrouping: false }), f({ style: "unit", unit: "megabyte" }), f({ style: "unit", unit: "liter", unitDisplay: "long" }), f({ style: "unit", unit: "celsius", unitDisplay: "narrow" }), f({ minimumIntegerDigits: 8 }), f({ style: "currency", currency: "USD", currencySign: "accounting", signDisplay: "always" }), f({ style: "currency", currency: "EUR", minimumFractionDigits: 0 }), f({ style: "currency", currency: "USD", notation: "compact" }), f({ style: "percent" }), f({ roundingMode: "floor", maximumFractionDigits: 1 }), f({ roundingIncrement: 5, maximumFractionDigits: 2, minimumFractionDigits: 2 }), f({ trailingZeroDisplay: "stripIfInteger", minimumFractionDigits: 2 })];
  return w;
}
