const CODES = ["USD", "EUR", "GBP", "INR", "AED", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "HKD", "HUF", "IDR", "ILS", "JPY", "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TRY", "TWD", "VND", "ZAR", "KWD", "CLP", "EGP", "NGN", "PKR", "UAH", "COP"];
function handler(w) {
  const n = (w.payload.data.amount ?? 1234567) / 100;
  w.payload = CODES.map((currency) => [currency, n.toLocaleString("en-US", { style: "currency", currency }), n.toLocaleString("en-GB", { style: "currency", currency, currencyDisplay: "narrowSymbol" }), n.toLocaleString("de-DE", { style: "currency", currency }), n.toLocaleString("en", { style: "currency", currency, currencyDisplay: "name" })]);
  return w;
}
