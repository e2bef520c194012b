function handler(webhook) {
  if (webhook.eventType !== "payment.succeeded") return null;
  const d = webhook.payload.data;
  webhook.payload = {
    event: "Order Completed",
    properties: {
      order_id: d.payment_id, total: d.total_amount / 100, tax: +(d.tax / 100).toFixed(2), currency: d.currency,
      products: d.product_cart.map(({ product_id, quantity }, index) => ({ product_id, quantity, position: index + 1 })),
      coupon: d.discounts?.[0]?.code, discount: d.discounts?.reduce((sum, { amount }) => sum + amount, 0),
    },
  };
  return webhook;
}
