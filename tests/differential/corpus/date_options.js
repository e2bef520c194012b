function handler(w) {
  const d = new Date(w.payload.timestamp);
  const list = [{ month: "long" }, { year: "numeric", month: "short" }, { weekday: "long" }, { hour: "numeric" }, { hour: "numeric", minute: "2-digit", hour12: true }, { hour: "2-digit", minute: "2-digit", hour12: false }, { minute: "2-digit", second: "2-digit" }, { year: "2-digit", month: "2-digit", day: "2-digit" }, { dateStyle: "full", timeStyle: "long" }, { dateStyle: "medium" }, { timeStyle: "short" }, { era: "short" }, { year: "numeric", month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit" }, { fractionalSecondDigits: 3, second: "numeric" }];
  w.payload = list.map((o) => [d.toLocaleString("en-US", o), d.toLocaleDateString("en-GB", o.timeStyle ? {} : o), new Intl.DateTimeFormat("de-DE", o).format(d)]);
  return w;
}
