function handler(w) {
  const parts = new Intl.NumberFormat("de-DE", { style: "currency", currency: w.payload.data.currency ?? "EUR" }).formatToParts(-1234567.5);
  w.payload = { parts, symbol: parts.find((p) => p.type === "currency").value, resolved: new Intl.NumberFormat("en-IN", { style: "currency", currency: "INR" }).resolvedOptions(), date: new Intl.DateTimeFormat("ja-JP", { dateStyle: "long" }).resolvedOptions(), plural: new Intl.PluralRules("en", { type: "ordinal" }).resolvedOptions(), collator: new Intl.Collator("de", { numeric: true }).resolvedOptions(), list: new Intl.ListFormat("en").resolvedOptions(), rtf: new Intl.RelativeTimeFormat("en").resolvedOptions(), names: new Intl.DisplayNames("en", { type: "region" }).resolvedOptions() };
  return w;
}
