function handler(w) {
  const cell = (v) => { const t = v == null ? "" : typeof v === "object" ? JSON.stringify(v) : String(v); return /[",\n]/.test(t) ? `"${t.replace(/"/g, '""')}"` : t; };
  w.headers["Content-Type"] = "text/csv";
  w.payload = Object.keys(w.payload.data).join(",") + "\r\n" + Object.values(w.payload.data).map(cell).join(",");
  return w;
}
