function handler(w) {
  const d = new Date(w.payload.data.no_such_field);
  w.payload = { text: String(d), json: JSON.stringify({ d }), local: d.toLocaleDateString("de"), nan: isNaN(d), value: d.getFullYear(), iso: (() => { try { return d.toISOString(); } catch (e) { return `${e.name}: ${e.message}`; } })(), intl: (() => { try { return new Intl.DateTimeFormat().format(d); } catch (e) { return `${e.name}: ${e.message}`; } })() };
  return w;
}
