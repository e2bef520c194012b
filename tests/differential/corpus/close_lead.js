function handler(webhook) {
  const d = webhook.payload.data;
  webhook.payload = {
    name: d.customer?.name?.toUpperCase() ?? "N/A",
    contacts: [{ emails: d.customer ? [{ type: "office", email: d.customer.email }] : [] }],
    "custom.last_event": webhook.eventType,
    "custom.mrr": d.recurring_pre_tax_amount ? Math.round(d.recurring_pre_tax_amount / 100) : undefined,
  };
  return webhook;
}
