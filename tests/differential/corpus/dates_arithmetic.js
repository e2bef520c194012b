function handler(w) {
  const d = new Date(w.payload.timestamp);
  const due = new Date(d); due.setDate(due.getDate() + 30);
  const end = new Date(d.getFullYear(), d.getMonth() + 1, 0);
  const monday = new Date(d); monday.setDate(d.getDate() - ((d.getDay() + 6) % 7));
  const days = Math.ceil((due - d) / (1000 * 60 * 60 * 24));
  w.payload = { due: due.toISOString().slice(0, 10), end: end.toDateString(), monday: monday.toISOString().split("T")[0], days, quarter: Math.floor(d.getMonth() / 3) + 1, iso: d.toISOString(), json: d.toJSON(), num: +d, str: String(d), gmt: d.toUTCString(), time: d.toTimeString(), plus: d + 1, tz: d.getTimezoneOffset() };
  return w;
}
