function handler(webhook) {
  const d = webhook.payload.data;
  const stage = { succeeded: "closedwon", failed: "closedlost", processing: "decisionmakerscheduled" }[d.status] ?? "appointmentscheduled";
  webhook.payload = { properties: { dealname: `${d.customer?.name ?? "?"} – ${new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" }).format(new Date(webhook.payload.timestamp))}`, amount: String((d.total_amount ?? 0) / 100), dealstage: stage } };
  return webhook;
}
