function handler(w) {
  const id = BigInt(w.payload.data.amount ?? w.payload.data.total_amount ?? 7) * 1000000007n ** 3n;
  w.payload = { id: id.toString(), hex: id.toString(16), mod: Number(id % 97n), neg: (-id).toLocaleString() };
  return w;
}
