function handler(w) {
  const cart = w.payload.data.product_cart ?? [];
  const total = cart.reduce((sum, item) => sum + item.quantity, 0);
  const byId = cart.reduce((map, { product_id, quantity }) => { (map[product_id] ||= []).push(quantity); return map; }, {});
  w.payload = { total, byId, ids: Object.keys(byId).sort(), any: cart.some((i) => i.quantity > 1), all: cart.every((i) => i.quantity), found: cart.find((i) => i.quantity === 2)?.product_id ?? null, at: cart.at(-1) };
  return w;
}
