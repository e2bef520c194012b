async function handler(w) {
  const text = new TextEncoder().encode(w.payload.business_id);
  const out = {};
  for (const name of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) out[name] = Array.from(new Uint8Array(await crypto.subtle.digest(name, text))).slice(0, 8);
  w.payload = out;
  return w;
}
