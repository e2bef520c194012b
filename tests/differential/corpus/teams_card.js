function handler(webhook) {
  const d = webhook.payload.data;
  const facts = [
    { title: "Event", value: webhook.eventType },
    { title: "Customer", value: d.customer?.email ?? d.customer_id ?? "unknown" },
    { title: "Created", value: new Date(d.created_at ?? webhook.payload.timestamp).toLocaleDateString("en-US", { weekday: "long", year: "numeric", month: "long", day: "numeric" }) },
  ];
  webhook.payload = { type: "message", attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content: { type: "AdaptiveCard", version: "1.4", body: [{ type: "FactSet", facts }] } }] };
  return webhook;
}
