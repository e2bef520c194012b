function handler(w) { w.payload = undefined; return w; }
