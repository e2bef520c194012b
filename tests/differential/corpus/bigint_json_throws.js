function handler(w) {
  try { w.payload = JSON.parse(JSON.stringify({ id: 10n })); } catch (e) { w.payload = { error: e.message, name: e.name }; }
  return w;
}
