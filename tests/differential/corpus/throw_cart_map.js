function handler(webhook) {
  const items = webhook.payload.data.product_cart
    .map((item) => item.product.name)
    .join(", ");
  webhook.payload = { items };
  return webhook;
}
