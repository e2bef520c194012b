function handler(w) {
  const url = new URL("/hooks/../v2//events?x=1#frag", w.url);
  url.searchParams.set("type", w.eventType);
  url.hash = "";
  url.pathname += "/" + encodeURIComponent(w.payload.business_id);
  w.url = url.href;
  w.payload = { host: url.host, origin: url.origin, search: url.search, params: [...url.searchParams.entries()], has: url.searchParams.has("x"), json: JSON.stringify({ url }) };
  return w;
}
