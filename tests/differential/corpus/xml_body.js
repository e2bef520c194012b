function xml(name, value) {
  if (Array.isArray(value)) return value.map((v) => xml(name, v)).join("");
  if (value && typeof value === "object") return `<${name}>${Object.entries(value).map(([k, v]) => xml(k, v)).join("")}</${name}>`;
  return value == null ? `<${name}/>` : `<${name}>${String(value).replace(/&/g, "&amp;").replace(/</g, "&lt;")}</${name}>`;
}
function handler(w) { w.headers = { "Content-Type": "application/xml" }; w.payload = '<?xml version="1.0"?>' + xml("event", w.payload); return w; }
