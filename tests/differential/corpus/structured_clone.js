function handler(w) {
  const copy = structuredClone({ ...w.payload, when: new Date(w.payload.timestamp), set: new Set([1, 2]), re: /x/gi });
  w.payload = { same: copy === w.payload, when: copy.when.getTime(), size: copy.set.size, re: String(copy.re), data: copy.data };
  return w;
}
