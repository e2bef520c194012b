const html = (strings, ...values) => strings.raw.reduce((out, s, i) => out + s + (i < values.length ? `[${values[i]}]` : ""), "");
function handler(w) { w.payload = { text: html`<b>${w.eventType}</b>\n${1 + 1}`, raw: String.raw`a\nb${2}` }; return w; }
