function handler(webhook) {
  const d = webhook.payload.data;
  const to = d.customer?.email;
  if (to === undefined) return null;
  const html = `
    <h1>Thank you, ${d.customer.name}!</h1>
    <p>Your total: ${new Intl.NumberFormat("en-US", { style: "currency", currency: d.currency ?? "USD" }).format((d.total_amount ?? d.recurring_pre_tax_amount ?? d.amount) / 100)}</p>`;
  webhook.payload = { personalizations: [{ to: [{ email: to, name: d.customer.name }] }], from: { email: "shop@example.com" }, subject: "Receipt", content: [{ type: "text/html", value: html.trim().replace(/\n\s+/g, "\n") }] };
  return webhook;
}
