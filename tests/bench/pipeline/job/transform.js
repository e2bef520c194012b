const WITHOUT_DECIMALS = new Set(["JPY", "KRW", "VND", "CLP", "XOF"]);

function amount(minor, currency) {
  if (minor === null || minor === undefined) return null;
  return WITHOUT_DECIMALS.has(currency) ? String(minor) : (minor / 100).toFixed(2);
}

function handler(webhook) {
  const p = webhook.payload.data;
  if (!webhook.eventType.startsWith("payment.")) {
    webhook.cancel = true;
    return webhook;
  }
  const email = p.customer.email.trim().toLowerCase();
  const items = (p.product_cart || []).map((item) => ({
    product_id: item.product_id,
    quantity: item.quantity,
    unit_price: amount(item.unit_price, p.currency),
    label: `${item.quantity} x ${item.name}`.slice(0, 80),
  }));
  const { street, city, state, zipcode, country } = p.billing;
  webhook.url = "https://track.customer.io/api/v2/entity";
  webhook.headers = { "content-type": "application/json", "x-source": "dodo" };
  webhook.payload = {
    type: "person",
    identifiers: { id: p.customer.customer_id },
    action: webhook.eventType === "payment.succeeded" ? "payment_completed" : "payment_failed",
    name: webhook.eventType.split(".").map((word) => word[0].toUpperCase() + word.slice(1)).join(" "),
    timestamp: Math.floor(Date.parse(p.created_at) / 1000),
    attributes: {
      email,
      domain: /@([^@]+)$/.exec(email)?.[1] ?? null,
      full_name: p.customer.name.replace(/\s+/g, " "),
      payment_id: p.payment_id,
      payment_amount: amount(p.total_amount, p.currency),
      tax: amount(p.tax, p.currency),
      payment_method: p.payment_method || "unknown",
      card: p.card_last_four ? `**** ${p.card_last_four}` : null,
      currency: p.currency || "USD",
      address: [street, city, state, zipcode, country].filter(Boolean).join(", "),
      custom: Object.fromEntries((p.custom_field_responses || []).map((one) => [one.key, one.value.trim()])),
      item_count: items.reduce((sum, item) => sum + item.quantity, 0),
      items,
      metadata: Object.fromEntries(Object.entries(p.metadata || {}).map(([k, v]) => ["meta_" + k, String(v)])),
    },
  };
  return webhook;
}
