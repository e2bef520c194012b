// Counts, lists and ages in words.
function handler(webhook) {
  const locale = "pl", d = webhook.payload.data, n = (d.product_cart ?? []).length;
  const plural = new Intl.PluralRules(locale), ordinal = new Intl.PluralRules(locale, { type: "ordinal" });
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const days = Math.round((Date.parse(webhook.payload.timestamp) - Date.UTC(2026, 1, 10)) / 864e5);
  webhook.payload = {
    plural: [0, 1, 2, 3, 5, 11, 21, 1.5, n].map((x) => plural.select(x)), ordinal: [1, 2, 3, 4, 11, 21].map((x) => ordinal.select(x)),
    ago: [ago.format(days, "day"), ago.format(-1, "day"), ago.format(1, "day"), ago.format(0, "month"), ago.format(-3, "hour"), ago.format(2, "week"), ago.format(-1, "year")],
    exact: new Intl.RelativeTimeFormat(locale).format(-1, "day"),
    list: new Intl.ListFormat(locale).format(Object.keys(d).slice(0, 3)), or: new Intl.ListFormat(locale, { type: "disjunction" }).format(["A", "B", "C"]), pair: new Intl.ListFormat(locale, { style: "short" }).format(["A", "B"]),
    region: new Intl.DisplayNames(locale, { type: "region" }).of(d.billing?.country ?? "DE"), currency: new Intl.DisplayNames([locale], { type: "currency" }).of(d.currency ?? "EUR"), language: new Intl.DisplayNames(locale, { type: "language" }).of("fr"),
    unit: (12.5).toLocaleString(locale, { style: "unit", unit: "kilometer-per-hour" }), long: (3).toLocaleString(locale, { style: "unit", unit: "day", unitDisplay: "long" }),
    sorted: ["z", "a", "Ä", "ä", "ö", "o", "É", "e", "1", "10", "2"].sort(new Intl.Collator(locale, { numeric: true }).compare),
  };
  return webhook;
}
