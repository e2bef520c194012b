function handler(w) {
  const bytes = new TextEncoder().encode(w.payload.data.customer?.name ?? "Zoë 😀");
  const b64 = btoa(String.fromCharCode(...bytes));
  w.payload = { b64, url: b64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""), back: new TextDecoder().decode(Uint8Array.from(atob(b64), (c) => c.charCodeAt(0))) };
  return w;
}
