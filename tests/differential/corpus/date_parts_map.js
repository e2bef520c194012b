function handler(w) {
  const parts = new Intl.DateTimeFormat("en-US", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: "America/Los_Angeles" }).formatToParts(new Date(w.payload.timestamp));
  const get = (type) => parts.find((p) => p.type === type).value;
  w.payload = { local: `${get("year")}-${get("month")}-${get("day")} ${get("hour")}:${get("minute")}`, parts };
  return w;
}
