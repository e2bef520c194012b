async function handler(webhook) {
  const fields = await Promise.all(
    ["status", "currency", "reason"].map(async (name) => [name, webhook.payload.data[name] ?? "n/a"]),
  );
  webhook.payload = { text: fields.map(([k, v]) => `${k}=${v}`).join(" | ") };
  return webhook;
}
