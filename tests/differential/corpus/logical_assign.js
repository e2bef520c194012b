function handler(w) { const d = { a: null, b: 0, c: 1 }; d.a ??= 5; d.b ||= 6; d.c &&= 7; d.d ??= []; d.d.push(w.eventType); w.payload = d; w.headers ??= {}; return w; }
