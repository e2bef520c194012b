function handler(w) {
  const d = new Date(w.payload.timestamp);
  d.setUTCHours(0, 0, 0, 0); const a = d.toISOString(); d.setMonth(13); const b = d.getTime(); d.setFullYear(2024, 1, 29); const c = d.toJSON(); d.setMinutes(-1);
  w.payload = [a, b, c, d.toISOString(), new Date(2026, 0).getDay(), new Date(0, 0, 1).getFullYear(), Date.UTC(2026, 1), new Date(8.64e15 + 1).getTime(), new Date(2026, 1, 3, 4, 5, 6, 7).valueOf(), typeof Date(), new Date(null).getTime(), new Date(undefined).getTime()];
  return w;
}
