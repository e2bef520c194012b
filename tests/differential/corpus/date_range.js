function handler(w) {
  const f = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", year: "numeric" });
  const start = new Date(w.payload.timestamp), end = new Date(+start + 9 * 864e5), later = new Date(+start + 400 * 864e5);
  w.payload = [f.formatRange(start, later), f.formatRange(start, start), f.resolvedOptions().timeZone];
  return w;
}
