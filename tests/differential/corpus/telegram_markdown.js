function handler(w) {
  const esc = (s) => String(s).replace(/[_*[\]()~`>#+\-=|{}.!]/g, "\\$&");
  w.url = `https://api.telegram.org/bot${w.env.KEY}/sendMessage`;
  w.payload = { chat_id: 1, parse_mode: "MarkdownV2", text: `*${esc(w.eventType)}*\n` + Object.entries(w.payload.data).filter(([, v]) => typeof v === "string").map(([k, v]) => `${esc(k)}: \`${esc(v)}\``).join("\n") };
  return w;
}
