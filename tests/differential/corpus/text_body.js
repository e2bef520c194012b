function handler(w) { w.payload = `${w.eventType}\n${"-".repeat(w.eventType.length)}\n` + Object.entries(w.payload.data).map(([k, v]) => `${k}: ${v}`).join("\n"); return w; }
