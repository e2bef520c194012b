function handler(w) {
  const d = w.payload.data;
  w.payload = { lines: [d.product_cart, d.refunds, d.addons, d.discounts].flatMap((list) => list ?? []).map((item) => Object.values(item)[0]), flat: [[1, [2]], [3]].flat(Infinity), fill: Array(3).fill().map((_, i) => i * i) };
  return w;
}
