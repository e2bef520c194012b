class Money {
  #cents;
  static #count = 0;
  constructor(cents, currency = "USD") { this.#cents = cents; this.currency = currency; Money.#count++; }
  get units() { return this.#cents / 100; }
  toJSON() { return { units: this.units, currency: this.currency }; }
  toString() { return `${this.units.toFixed(2)} ${this.currency}`; }
  static get count() { return Money.#count; }
  [Symbol.toPrimitive](hint) { return hint === "number" ? this.units : this.toString(); }
}
class Fee extends Money { constructor(m) { super(Math.round(+m * 4), m.currency); } get label() { return `fee ${this}`; } }
function handler(w) {
  const m = new Money(w.payload.data.total_amount ?? 1999, w.payload.data.currency);
  const fee = new Fee(m);
  w.payload = { m, fee, label: fee.label, sum: m + fee, count: Money.count, is: fee instanceof Money };
  console.log(m, fee, Money);
  return w;
}
