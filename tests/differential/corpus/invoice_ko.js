// An invoice in the customer's own language.
const LOCALE = "ko", CURRENCY = "KRW";
function handler(webhook) {
  const d = webhook.payload.data;
  const money = (cents, more = {}) => (cents / 100).toLocaleString(LOCALE, { style: "currency", currency: CURRENCY, ...more });
  const day = new Date(d.created_at ?? webhook.payload.timestamp);
  webhook.payload = {
    total: money(d.total_amount ?? d.amount ?? 123456789), whole: money(-250000, { maximumFractionDigits: 0 }), code: money(1999, { currencyDisplay: "code" }), named: money(1999, { currencyDisplay: "name" }),
    date: day.toLocaleDateString(LOCALE), time: day.toLocaleTimeString(LOCALE), both: day.toLocaleString(LOCALE),
    long: day.toLocaleDateString(LOCALE, { weekday: "long", year: "numeric", month: "long", day: "numeric" }),
    short: day.toLocaleDateString(LOCALE, { month: "short", day: "numeric" }), styles: ["full", "long", "medium", "short"].map((dateStyle) => new Intl.DateTimeFormat(LOCALE, { dateStyle, timeStyle: "short", timeZone: "Asia/Seoul" }).format(day)),
    number: (1234567.891).toLocaleString(LOCALE), percent: (0.256).toLocaleString(LOCALE, { style: "percent", maximumFractionDigits: 1 }),
    compact: [950, 1234, 56789, 1234567, 9.9e9].map((n) => new Intl.NumberFormat(LOCALE, { notation: "compact" }).format(n)),
  };
  return webhook;
}
