function flatten(object, prefix = "", out = {}) {
  for (const [key, value] of Object.entries(object)) {
    const path = prefix ? `${prefix}.${key}` : key;
    if (value !== null && typeof value === "object") flatten(value, path, out); else out[path] = value;
  }
  return out;
}
function handler(w) { w.payload = flatten(w.payload); return w; }
