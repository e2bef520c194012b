function handler(webhook) {
  const rows = Object.entries(webhook.payload.data).filter(([, v]) => typeof v === "string" || typeof v === "number");
  const width = Math.max(...rows.map(([k]) => k.length));
  webhook.payload = { content: "```\n" + rows.map(([k, v]) => k.padEnd(width) + " │ " + String(v).padStart(12)).join("\n") + "\n```" };
  return webhook;
}
