// A month for the title of a report, an hour on a clock of twelve, and the day said in short.
function handler(webhook) {
  const date = new Date(webhook.payload.timestamp);
  const titles = ["ja-JP", "de-DE", "fr-FR", "es-ES", "it-IT", "pt-BR"].map((locale) => date.toLocaleDateString(locale, { month: "long" }));
  const hour = date.toLocaleTimeString("de-DE", { hour: "numeric", hour12: true });
  const days = ["en", "de", "fr", "es", "ja"].map((locale) => {
    const day = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
    return [day.format(-1, "day"), day.format(1, "day"), day.format(0, "second")];
  });
  webhook.payload = { titles, hour, days };
  return webhook;
}
